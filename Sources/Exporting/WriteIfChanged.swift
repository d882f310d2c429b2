internal import Glibc
internal import LinuxIO
package import SystemPackage

/// A file that is written only when that changes it, and then whole or not at all.
package enum WriteIfChanged {
  /// Throws what ``write(_:to:isLast:)`` would, as far as that can be known before there is anything to write.
  ///
  /// - Parameter made: directories that are yet to be made, perhaps with others on their way.
  package static func requirePlace(for path: FilePath, whenMade made: [FilePath] = []) throws(WriteIfChangedError) {
    do { try Place(path).directory.requireWritable() } catch {
      let parent = path.absolute.removingLastComponent()
      if error.errno == .noSuchFileOrDirectory,
        made.contains(where: { $0.absolute.starts(with: parent) || parent.starts(with: $0.absolute) })
      {
        return
      }
      throw WriteIfChangedError(path, error)
    }
  }

  /// - Parameter isLast: nothing in its directory may be newer than it, not even the directory.
  package static func write(_ contents: [UInt8], to path: FilePath, isLast: Bool = false) throws(WriteIfChangedError) {
    do { try Place(path).write(contents, isLast: isLast) } catch { throw WriteIfChangedError(path, error) }
  }

  /// The place of a file, and the size in bytes of the file that is there.
  private struct Place: ~Copyable {
    let path: FilePath
    let directory: Descriptor
    let name: FilePath.Component
    let size: Int?

    init(_ path: FilePath) throws(SystemError) {
      // If it is a symbolic link, the file that it leads to is written.
      let path = path.resolved ?? path
      let status = try? Descriptor.status(of: path)
      if let status, status.kind != .regular { throw SystemError("open", .fileExists) }
      guard let name = path.lastComponent else { throw SystemError("open", .isDirectory) }
      let parent = path.removingLastComponent()
      directory = try Descriptor.open(parent.isEmpty ? "." : parent, O_RDONLY | O_DIRECTORY)
      self.path = path
      self.name = name
      size = status?.size
    }

    func write(_ contents: [UInt8], isLast: Bool) throws(SystemError) {
      if size == contents.count, try isThere(contents) { return }
      StagedName.removeAbandoned(in: directory)
      let staged = StagedName()
      let file = try staged.makeFile(in: directory)
      do throws(SystemError) {
        try file.write(bytes: contents)
        try directory.rename(staged.text, to: directory, as: name)
      } catch {
        try? directory.remove(staged.text)
        throw error
      }
      if isLast { try? file.touch() }
    }

    private func isThere(_ contents: [UInt8]) throws(SystemError) -> Bool {
      do { return try RegularFile(path).contents(limit: contents.count) == contents } catch {
        if case .system(let error) = error { throw error }
        return false
      }
    }
  }
}

/// Why a file could not be written.
package struct WriteIfChangedError: Error, Hashable, Sendable, CustomStringConvertible {
  package let path: FilePath
  package let reason: String

  fileprivate init(_ path: FilePath, _ error: SystemError) {
    self.path = path
    reason = error.errno == .fileExists ? "something that is no regular file is there" : "\(error)"
  }

  /// Without the path, which the caller prints in front.
  package var description: String { "cannot be written: \(reason)" }
}
