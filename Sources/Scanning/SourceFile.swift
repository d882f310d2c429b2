package import LinuxIO
package import SystemPackage

/// One module that a scan found; a light reference into its result.
package struct SourceFile: Sendable {
  let storage: ScanStorage
  let index: Int

  private var entry: FileEntry { storage.files[index] }
  private var directory: DirectoryEntry { storage.directories[Int(entry.directory)] }

  package var stamp: FileStamp { entry.stamp }

  /// The index of the root below which it was found, or which it is.
  package var root: Int { directory.root }

  /// The root as it was given and the names below it, with the very bytes that the file system has.
  package var path: FilePath {
    withPath { FilePath(platformString: $0) }
  }

  /// Calls `body` with the path as a C string, without making a `FilePath` of it first.
  package func withPath<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let entry = entry
    let directory = directory
    let nameStart = directory.namesStart + Int(entry.nameStart)
    var path: [UInt8] = []
    path.reserveCapacity(directory.pathLength + Int(entry.nameLength) + 1)
    path += storage.bytes[directory.pathStart..<directory.pathStart + directory.pathLength]
    // The NUL after the name comes along.
    path += storage.bytes[nameStart...nameStart + Int(entry.nameLength)]
    return TerminatedPath(path).withCText(body)
  }
}
