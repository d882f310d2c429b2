internal import Glibc
internal import LinuxIO

/// Keeps a catalog's files in place while a process uses them. Users share the lock; a process that replaces them owns it.
///
/// SQLite's own locks cannot do this, because they sit in the files that are replaced. A process that still had the old
/// database open would share a `-shm` file with users of the new one, and both would believe the wrong log. The lock has
/// a file of its own, because closing any descriptor of the database would drop SQLite's locks in this process.
final class CatalogLock {
  private let file: Descriptor
  /// Whether the file system turned out to have no locks. SQLite cannot do without them either.
  private(set) var isImpossible = false

  init(_ file: consuming Descriptor) { self.file = file }

  // Closing the descriptor is not enough: a child that is being started has a copy of it until it runs.
  deinit { release() }

  /// Takes a share of the lock. Returns whether it was had: then no process is replacing the files, and none will.
  func tryShare() -> Bool { attempt(LOCK_SH) }

  /// Takes the whole lock. Returns whether it was had: then no other process uses the files, and none will. On failure a
  /// share that was held before may be lost.
  func tryOwn() -> Bool { attempt(LOCK_EX) }

  func release() { _ = attempt(LOCK_UN) }

  private func attempt(_ operation: Int32) -> Bool {
    do throws(SystemError) {
      try checkRetrying("flock") { flock(file.raw, operation | LOCK_NB) }
      return true
    } catch {
      isImpossible = isImpossible || error.saysThatThereAreNoLocks
      return false
    }
  }
}
