internal import LinuxIO
internal import SystemPackage

/// Facts that the threads of a scan share and never change.
struct ScanPlan: Sendable {
  /// Changes for tests, which reach states that a real file system seldom has.
  struct TestHooks: Sendable {
    /// Treats every entry as of an unknown type, as some file systems list them.
    var ignoresEntryTypes = false
    /// Called with the path of a directory between its listing and the examination of its files.
    var listed: (@Sendable (FilePath) -> Void)?
    /// How many files a directory has to have for more than one thread to examine them.
    var splitAbove = 1024
    /// How many of these files a thread takes at a time: about half a millisecond's work.
    var share = 512
  }

  let options: ScanOptions
  let hooks: TestHooks
  /// Directories that are listed elsewhere: other roots and, with links followed, directories that were scanned before. The
  /// value is the root under which their files are listed.
  var listedElsewhere: [FileIdentity: Int] = [:]
  /// The roots that are files, by the directory that they are in and their names there.
  var fileRoots: [FileIdentity: [[UInt8]: Int]] = [:]

  /// PATH_MAX: a longer path cannot be opened; its NUL counts.
  static let longestPath = 4096
}
