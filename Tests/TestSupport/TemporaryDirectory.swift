internal import Glibc
internal import LinuxIO
package import SystemPackage

/// A directory of one test's own, removed with everything in it when its owner goes.
///
/// Keep it in a stored property of the suite, which lives as long as the test runs.
package final class TemporaryDirectory: Sendable {
  package let path: FilePath

  /// - Parameter place: nil for where temporary files lie.
  package init(in place: FilePath? = nil) throws {
    let base = place?.string ?? getenv("TMPDIR").map { String(cString: $0) } ?? "/tmp"
    var template = Array("\(base)/wasmprecompile-test-XXXXXX".utf8CString)
    guard mkdtemp(&template) != nil else { throw Errno(rawValue: errno) }
    path = template.withUnsafeBufferPointer { text in
      text.baseAddress.map { FilePath(platformString: $0) } ?? FilePath()
    }
  }

  deinit {
    Self.remove(path)
  }

  /// Removes a directory with everything in it, as far as that is possible.
  package static func remove(_ path: FilePath) {
    empty(path)
    _ = path.withPlatformString { rmdir($0) }
  }

  private static func empty(_ path: FilePath) {
    // Whatever a test did to its permissions.
    _ = path.withPlatformString { chmod($0, 0o700) }
    guard let directory = try? Descriptor.open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return }
    for name in (try? directory.names()) ?? [] {
      if (try? directory.status(of: name).kind) == .directory {
        empty(path.appending(name))
        try? directory.removeDirectory(name)
      } else {
        try? directory.remove(name)
      }
    }
  }

  /// The path of a name in this directory.
  package func callAsFunction(_ name: String) -> FilePath { path.appending(name) }

  /// Makes a file.
  @discardableResult
  package func write(_ bytes: [UInt8], to name: String, mode: FilePermissions = .init(rawValue: 0o644)) throws
    -> FilePath
  {
    let file = self(name)
    try bytes.write(to: file, mode: mode)
    return file
  }

  /// Makes a file.
  @discardableResult
  package func write(_ text: String, to name: String, mode: FilePermissions = .init(rawValue: 0o644)) throws -> FilePath
  {
    try write(Array(text.utf8), to: name, mode: mode)
  }

  /// Makes a program out of a shell script.
  @discardableResult
  package func writeProgram(_ script: String, to name: String) throws -> FilePath {
    let file = self(name)
    // Written by another process: a child that some other thread starts at this moment would hold our descriptor for
    // writing, and the program could not be started then (ETXTBSY).
    _ = try Tool.shell("printf '#!/bin/sh\\n%s\\n' \"$2\" > \"$1\" && chmod 755 \"$1\"", [file.string, script])
    return file
  }

  @discardableResult
  package func makeDirectory(_ name: String, mode: UInt32 = 0o700) throws -> FilePath {
    let directory = self(name)
    try directory.withPlatformString { path in
      // chmod, too, because of the umask.
      guard mkdir(path, mode) == 0, chmod(path, mode) == 0 else { throw Errno(rawValue: errno) }
    }
    return directory
  }

  @discardableResult
  package func link(_ name: String, to target: FilePath) throws -> FilePath {
    let link = self(name)
    let result = target.withPlatformString { target in link.withPlatformString { symlink(target, $0) } }
    guard result == 0 else { throw Errno(rawValue: errno) }
    return link
  }
}

extension [UInt8] {
  /// Reads a whole file.
  package init(contentsOf path: FilePath) throws {
    let file = try FileDescriptor.open(path, .readOnly, options: .closeOnExec)
    self = try file.closeAfter {
      var bytes: [UInt8] = []
      var block = [UInt8](repeating: 0, count: 1 << 16)
      while true {
        let count = try block.withUnsafeMutableBytes { try file.read(into: $0) }
        if count == 0 { return bytes }
        bytes += block[..<count]
      }
    }
  }

  /// Makes a file, or replaces its contents.
  package func write(to path: FilePath, mode: FilePermissions = .init(rawValue: 0o644)) throws {
    let file = try FileDescriptor.open(
      path, .writeOnly, options: [.create, .truncate, .closeOnExec],
      permissions: mode)
    _ = try file.closeAfter { try file.writeAll(self) }
  }
}
