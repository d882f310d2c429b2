internal import Glibc
internal import LinuxIO

/// Keeps a catalog's files in place while anyone uses them: users share the lock, whoever replaces them owns it.
///
/// SQLite's own locks cannot do this, since they sit in the very files that are replaced: a process that still had the
/// old database open would share a `-shm` file with users of the new one, and both would believe the wrong log.
/// A file of its own, because closing any descriptor of the database would drop SQLite's locks in this process.
final class CatalogLock {
  private let file: Descriptor

  init(_ file: consuming Descriptor) { self.file = file }

  // Not left to closing, because a child that is just being started has a copy of the descriptor until it runs.
  deinit { release() }

  /// Whether nobody is replacing the files; if so, nobody will.
  func tryShare() -> Bool { attempt(LOCK_SH) }

  /// Whether nobody else uses the files; if so, nobody will. On failure a share held before may be lost.
  func tryOwn() -> Bool { attempt(LOCK_EX) }

  func release() { _ = attempt(LOCK_UN) }

  private func attempt(_ operation: Int32) -> Bool {
    (try? checkRetrying("flock") { flock(file.raw, operation | LOCK_NB) }) != nil
  }
}
