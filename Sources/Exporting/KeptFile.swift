internal import Glibc
internal import LinuxIO
package import SystemPackage

/// A file that is written only when that changes it, and then whole or not at all.
package enum KeptFile {
  /// - Parameter isLast: nothing in its directory may be newer than it, not even the directory.
  package static func write(_ contents: [UInt8], to path: FilePath, isLast: Bool = false) throws(KeptFileError) {
    do throws(SystemError) {
      // Of a symbolic link, the file that it leads to.
      let path = path.resolved ?? path
      if let status = try? Descriptor.status(of: path) {
        guard status.kind == .regular else { throw SystemError("open", .fileExists) }
        if status.size == contents.count, try Descriptor.open(path, O_RDONLY | O_NONBLOCK).contents() == contents {
          return
        }
      }
      let parent = path.removingLastComponent()
      let directory = try Descriptor.open(parent.isEmpty ? "." : parent, O_RDONLY | O_DIRECTORY)
      guard let name = path.lastComponent else { throw SystemError("open", .isDirectory) }
      let staged = ".wasmprecompile-\(UInt64.random(in: .min ... .max))"
      let file = try directory.open(staged, O_WRONLY | O_CREAT | O_EXCL, mode: 0o666)
      do throws(SystemError) {
        try file.write(bytes: contents)
        try directory.rename(staged, to: directory, as: name)
      } catch {
        try? directory.remove(staged)
        throw error
      }
      if isLast { try? file.touch() }
    } catch {
      throw KeptFileError(
        path: path, reason: error.errno == .fileExists ? "something that is no regular file is there" : "\(error)")
    }
  }
}

/// Why a file could not be written.
package struct KeptFileError: Error, Hashable, Sendable, CustomStringConvertible {
  package let path: FilePath
  package let reason: String

  /// Without the path, which the caller prints in front.
  package var description: String { "cannot be written: \(reason)" }
}
