internal import LinuxIO

/// A directory with modules, or of a root that is a file.
struct DirectoryEntry: Sendable {
  let root: Int
  /// Its path in the bytes; with a slash at the end, or empty.
  let pathStart: Int
  let pathLength: Int
  /// The names of its files in the bytes, each followed by NUL.
  let namesStart: Int
}

/// The one copy of a result's data, which every `SourceFile` refers to.
final class ScanStorage: Sendable {
  let files: [FileEntry]
  let directories: [DirectoryEntry]
  let bytes: [UInt8]

  init(files: [FileEntry], directories: [DirectoryEntry], bytes: [UInt8]) {
    self.files = files
    self.directories = directories
    self.bytes = bytes
  }
}
