internal import LinuxIO

/// The files of a directory that has so many that several threads examine them.
final class SharedListing: Sendable {
  let directory: Descriptor
  let task: DirectoryTask
  let names: [UInt8]
  let entries: [ListedEntry]

  init(_ directory: consuming Descriptor, _ task: DirectoryTask, names: [UInt8], entries: [ListedEntry]) {
    self.directory = directory
    self.task = task
    self.names = names
    self.entries = entries
  }

  /// The indices of `entries`, at most `size` at a time.
  func shares(of size: Int) -> [Range<Int>] {
    stride(from: 0, to: entries.count, by: size).map { $0..<min($0 + size, entries.count) }
  }
}
