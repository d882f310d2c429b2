internal import Glibc
package import SystemPackage

/// The names in this directory.
extension Descriptor {
  package func makeDirectory(_ path: some PathText, mode: UInt32 = 0o700) throws(SystemError) {
    try check("mkdir", path.withCText { mkdirat(raw, $0, mode) })
  }

  /// Makes the directory unless it is there, and opens it; a symbolic link in its place is refused.
  package func openOrMakeDirectory(_ path: some PathText, mode: UInt32 = 0o700) throws(SystemError) -> Descriptor {
    do {
      return try open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } catch let error where error.errno == .noSuchFileOrDirectory {
      do { try makeDirectory(path, mode: mode) } catch let error where error.errno == .fileExists {}
      return try open(path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    }
  }

  package func rename(
    _ path: some PathText, to target: borrowing Descriptor, as name: some PathText
  ) throws(SystemError) {
    let destination = target.raw
    try check("rename", path.withCText { from in name.withCText { renameat(raw, from, destination, $0) } })
  }

  package func remove(_ path: some PathText) throws(SystemError) {
    try check("unlink", path.withCText { unlinkat(raw, $0, 0) })
  }

  package func removeDirectory(_ path: some PathText) throws(SystemError) {
    try check("rmdir", path.withCText { unlinkat(raw, $0, AT_REMOVEDIR) })
  }

  /// Sets a name's time of modification to now, a symbolic link's own; its directory keeps its times.
  package func touch(_ path: some PathText) throws(SystemError) {
    try check("utimensat", path.withCText { utimensat(raw, $0, nil, AT_SYMLINK_NOFOLLOW) })
  }

  /// Gives an open file another name, in this directory.
  package func makeHardLink(_ path: some PathText, to file: borrowing Descriptor) throws(SystemError) {
    let source = "/proc/self/fd/\(file.raw)"
    try check("link", path.withCText { linkat(AT_FDCWD, source, raw, $0, AT_SYMLINK_FOLLOW) })
  }

  package func makeSymbolicLink(_ path: some PathText, to target: some PathText) throws(SystemError) {
    try check("symlink", target.withCText { text in path.withCText { symlinkat(text, raw, $0) } })
  }

  /// The bytes of a symbolic link's target; a target longer than `limit` bytes is cut there.
  package func symbolicLinkTarget(_ path: some PathText, limit: Int = 256) throws(SystemError) -> [UInt8] {
    try Self.symbolicLinkTarget(at: raw, path, limit: limit)
  }

  /// The target of a symbolic link at a path relative to the working directory.
  package static func symbolicLinkTarget(of path: some PathText) throws(SystemError) -> FilePath {
    FilePath(bytes: try symbolicLinkTarget(at: AT_FDCWD, path, limit: Int(PATH_MAX)))
  }

  private static func symbolicLinkTarget(
    at directory: Int32, _ path: some PathText, limit: Int
  ) throws(SystemError) -> [UInt8] {
    var failure: SystemError?
    let target = [UInt8](unsafeUninitializedCapacity: limit) { buffer, count in
      let size = path.withCText { name in
        buffer.withMemoryRebound(to: CChar.self) { text in
          text.baseAddress.map { readlinkat(directory, name, $0, limit) } ?? 0
        }
      }
      if size < 0 { failure = SystemError("readlink") } else { count = size }
    }
    if let failure { throw failure }
    return target
  }

  /// The names in this directory, without `.` and `..`, in no order.
  package func names() throws(SystemError) -> [FilePath.Component] {
    // The directory is opened anew, because reading moves the offset that copies of a descriptor share.
    let directory = try open(".", O_RDONLY | O_DIRECTORY)
    var names: [FilePath.Component] = []
    try DirectoryReader(capacity: 32 << 10).forEachEntry(of: directory) { name, _ in
      if !name.isDots, let name = FilePath.Component(platformString: name.start) { names.append(name) }
    }
    return names
  }
}
