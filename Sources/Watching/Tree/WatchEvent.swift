package import SystemPackage

/// One thing that happened to a name that is, was or may become a module.
///
/// It says where to look. By the time it is read the name may stand for something else.
package struct FileEvent: Hashable, Sendable {
  package enum Kind: String, Hashable, Sendable {
    /// Found by listing: at the start, in a directory that appeared, after an overflow.
    case listed
    /// A file or link of that name appeared; whether it is complete is not known.
    case created
    /// Somebody who could write to it closed it.
    case written
    /// It got this name by a rename.
    case movedIn
    /// The name is gone: deleted, renamed, or moved away with a directory above it.
    case removed
  }

  package var path: FilePath
  package var kind: Kind
  /// When it was taken from the kernel.
  package var time: SuspendingClock.Instant

  package init(path: FilePath, kind: Kind, time: SuspendingClock.Instant) {
    self.path = path
    self.kind = kind
    self.time = time
  }
}

/// One message of a source of changes. They come in order.
package enum WatchEvent: Hashable, Sendable {
  case file(FileEvent)
  /// Everything that was there at the start has been told; from here on nothing is missed.
  case armed(directories: Int)
  /// A dependency is another than before, or some of the cache's entries are gone.
  case depends(WatchDependency)
  case notice(WatchNotice)
}
