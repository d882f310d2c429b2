internal import CLinux
internal import Glibc
internal import SystemPackage

/// Locks between processes.
extension Descriptor {
  /// Takes the whole file's lock if it can be had at once, held until the last copy of this open file is closed (flock(2)).
  ///
  /// - Parameter shared: with others that share it, too.
  /// - Returns: whether the lock was had.
  package func tryLock(shared: Bool = false) throws(SystemError) -> Bool {
    do {
      try checkRetrying("flock") { flock(raw, (shared ? LOCK_SH : LOCK_EX) | LOCK_NB) }
      return true
    } catch let error where error.errno == .wouldBlock {
      return false
    }
  }

  /// Takes the whole file's lock, and waits for it until a deadline. Whoever may read a file can lock it, for ever.
  ///
  /// - Parameters:
  ///   - shared: with others that share it, too.
  ///   - isOver: asked now and then whether the lock is no longer wanted.
  /// - Returns: whether the lock was had.
  package func lock(
    shared: Bool = false, until deadline: MonotonicInstant, unless isOver: () -> Bool = { false }
  ) throws(SystemError) -> Bool {
    // flock(2) knows no deadline, so it is tried again and again. Most locks here are held for microseconds.
    var pause: useconds_t = 200
    while try !tryLock(shared: shared) {
      if isOver() || MonotonicInstant.now() >= deadline { return false }
      usleep(pause)
      pause = min(pause * 2, 5_000)
    }
    return true
  }

  /// The same where the file system may have no locks.
  package func lockIfPossible(
    shared: Bool = false, until deadline: MonotonicInstant, unless isOver: () -> Bool = { false }
  ) throws(SystemError) -> LockResult {
    do { return try lock(shared: shared, until: deadline, unless: isOver) ? .held : .busy } catch let error
      where error.saysThatThereAreNoLocks
    {
      return .unavailable
    }
  }

  /// Gives up what ``tryLock(shared:)`` took, also where a child that is just being started has a copy.
  package func unlock() { _ = flock(raw, LOCK_UN) }

  /// Takes the lock of one byte, held until ``unlockByte(_:)`` or the last copy of this open file is closed.
  ///
  /// - Returns: false if another open file has it.
  package func tryLockByte(_ offset: Int64) throws(SystemError) -> Bool {
    do {
      try checkRetrying("fcntl") { clinux_try_lock_byte(raw, offset) }
      return true
    } catch let error where error.errno == .wouldBlock || error.errno == .permissionDenied {
      return false
    }
  }

  package func unlockByte(_ offset: Int64) { _ = clinux_unlock_byte(raw, offset) }
}

extension SystemError {
  /// Whether a lock was refused because the file system has none: some network file systems and some in user space. NFS wants
  /// descriptors that can be written through (EBADF).
  package var saysThatThereAreNoLocks: Bool {
    [.noLocks, .notSupported, .noFunction, .badFileDescriptor].contains(errno)
  }

  /// Whether a symbolic link was refused because the file system has none, as FAT.
  package var saysThatThereAreNoSymbolicLinks: Bool {
    call == "symlink" && [.notPermitted, .notSupported, .noFunction].contains(errno)
  }
}

package enum LockResult: Sendable {
  case held
  /// Somebody else has it.
  case busy
  /// The file system has no locks.
  case unavailable
}
