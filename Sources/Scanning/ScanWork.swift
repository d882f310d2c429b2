/// A piece of work that a scanning thread takes from the queue.
enum ScanWork: Sendable {
  case list(DirectoryTask)
  /// A part of the files of a directory that has too many for one thread.
  case examine(SharedListing, Range<Int>)
}
