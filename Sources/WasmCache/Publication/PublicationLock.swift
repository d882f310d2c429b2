internal import Glibc
internal import LinuxIO

// Keeps eviction out of the moment between an object's name and its entry's, when the object looks like a left-over.
//
// Publishers share the lock from the first rename to the second, for microseconds. A process that evicts owns it for a
// handful of removals at a time. It is flock(2)'s on the directory of objects, on a description of its own, so that
// threads do not share it, and it goes with its holder. (Rejected: sparing young objects, since clocks are set and
// files are copied.)
extension CacheDirectory {
  /// Seconds for which one side waits for the other: a holder that lives needs none of that.
  private static let patience = 10.0

  /// Gives an object and its entry their names.
  ///
  /// A holder that was stopped in the middle is waited for, but not forever. At worst the module is compiled again.
  func whilePublishing<Result>(_ body: () -> Result) throws(SystemError) -> Result {
    let lock = try objects.open(".", O_RDONLY | O_DIRECTORY)
    // Where there are no locks, nobody evicts.
    _ = try? Self.acquire(lock, shared: true)
    defer { lock.unlock() }
    return body()
  }

  /// Removes entries and objects.
  ///
  /// - Returns: nil if another process has the lock and does not give it back.
  /// - Throws: if there are no locks, too.
  func whileEvicting<Result>(_ body: () -> Result) throws(SystemError) -> Result? {
    let lock = try objects.open(".", O_RDONLY | O_DIRECTORY)
    guard try Self.acquire(lock, shared: false) else { return nil }
    defer { lock.unlock() }
    return body()
  }

  private static func acquire(_ lock: borrowing Descriptor, shared: Bool) throws(SystemError) -> Bool {
    let deadline = MonotonicInstant.now().adding(seconds: patience)
    repeat {
      if try lock.lock(waiting: false, shared: shared) { return true }
      // The lock is held for microseconds at a time, and flock(2) knows no deadline.
      usleep(200)
    } while MonotonicInstant.now() < deadline
    return false
  }
}
