internal import Glibc
internal import LinuxIO
internal import Synchronization

// Keeps eviction out of the moment between an object's name and its entry's, when the object looks like a left-over.
//
// Publishers share the lock from the first rename to the second, for microseconds. A process that evicts owns it for a
// handful of removals at a time. It is flock(2)'s on the directory of objects, on a description of its own, so that
// threads do not share it, and it goes with its holder. (Rejected: sparing young objects, since clocks are set and
// files are copied.)
extension CacheDirectory {
  /// Seconds for which one side waits for the other: a holder that lives needs none of that.
  static let patience = 10.0

  /// Gives an object and its entry their names.
  ///
  /// A holder that was stopped in the middle is waited for, but not forever, and once only: it may be another user, who can
  /// lock what he can read. At worst the module is compiled again.
  ///
  /// - Parameter isOver: asked now and then whether waiting is no longer wanted.
  func whilePublishing<Result>(unless isOver: () -> Bool = { false }, _ body: () -> Result) throws(SystemError)
    -> Result
  {
    let lock = try objects.open(".", O_RDONLY | O_DIRECTORY)
    // Where there are no locks, nobody evicts.
    let patience = isLockStuck.load(ordering: .relaxed) ? 0 : Self.patience
    let isHeld = (try? lock.lock(shared: true, until: .now().adding(seconds: patience), unless: isOver)) ?? false
    isLockStuck.store(!isHeld, ordering: .relaxed)
    defer { lock.unlock() }
    return body()
  }

  /// Removes entries and objects. A holder that does not give the lock back is waited for once.
  ///
  /// - Returns: nil if another process has the lock and does not give it back.
  /// - Throws: if there are no locks, too.
  func whileEvicting<Result>(_ body: () -> Result) throws(SystemError) -> Result? {
    let lock = try objects.open(".", O_RDONLY | O_DIRECTORY)
    let patience = isLockStuck.load(ordering: .relaxed) ? 0 : Self.patience
    let isHeld = try lock.lock(until: .now().adding(seconds: patience))
    isLockStuck.store(!isHeld, ordering: .relaxed)
    if !isHeld { return nil }
    defer { lock.unlock() }
    return body()
  }
}
