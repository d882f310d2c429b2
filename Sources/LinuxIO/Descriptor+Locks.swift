internal import CLinux
internal import Glibc
internal import SystemPackage

/// Locks between processes.
extension Descriptor {
  /// Takes the whole file's lock, held until the last copy of this open file is closed (flock(2)).
  ///
  /// - Parameters:
  ///   - waiting: until it can be had.
  ///   - shared: with others that share it, too.
  /// - Returns: whether the lock was had; always true when waiting.
  package func lock(waiting: Bool, shared: Bool = false) throws(SystemError) -> Bool {
    let operation = shared ? LOCK_SH : LOCK_EX
    do {
      try checkRetrying("flock") { flock(raw, waiting ? operation : operation | LOCK_NB) }
      return true
    } catch let error where error.errno == .wouldBlock {
      return false
    }
  }

  /// Takes the whole file's lock, if its file system has locks.
  ///
  /// - Returns: whether the lock was had; when waiting, false says that there are none.
  package func lockIfPossible(waiting: Bool, shared: Bool = false) throws(SystemError) -> Bool {
    do { return try lock(waiting: waiting, shared: shared) } catch let error where error.saysThatThereAreNoLocks {
      return false
    }
  }

  /// Gives up what ``lock(waiting:shared:)`` took, also where a child that is just being started has a copy.
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
