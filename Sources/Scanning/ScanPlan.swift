internal import LinuxIO
internal import SystemPackage

/// What the threads of a scan have to know and never change.
struct ScanPlan: Sendable {
  /// What tests change to reach states that a real file system seldom has.
  struct Seams: Sendable {
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
  let seams: Seams
  /// Directories that are listed elsewhere: those that are roots themselves, and with links followed what was scanned
  /// before. The value is the root under which their files are listed.
  var walls: [FileIdentity: Int] = [:]
  /// For directories that contain files that are roots: the names of these, and which root each is.
  var claims: [FileIdentity: [[UInt8]: Int]] = [:]

  /// PATH_MAX: a longer path cannot be opened; its NUL counts.
  static let longestPath = 4096
}
