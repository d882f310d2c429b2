/// Decides when to list everything again after events were lost.
///
/// It does not list at once. The changes that filled the queue usually go on for a while, and would fill it again.
struct OverflowRecovery {
  private static let quiet = Duration.milliseconds(50)
  private static let shortestPause = Duration.milliseconds(100)
  private static let longestPause = Duration.seconds(10)

  /// Overflows since the start.
  private(set) var count = 0
  private var firstLoss: SuspendingClock.Instant?
  private var lastEvent: SuspendingClock.Instant?
  private var lastRescan: SuspendingClock.Instant?
  private var pause = Self.shortestPause

  /// When to list; `nil` when nothing was lost.
  var rescanTime: SuspendingClock.Instant? {
    guard let firstLoss, let lastEvent else { return nil }
    // A tree that is never quiet is listed all the same.
    let quietTime = min(lastEvent + Self.quiet, firstLoss + Self.longestPause)
    guard let lastRescan else { return quietTime }
    return max(quietTime, lastRescan + pause)
  }

  mutating func overflowed(at now: SuspendingClock.Instant) {
    count += 1
    lastEvent = now
    guard firstLoss == nil else { return }
    firstLoss = now
    guard let lastRescan else { return }
    let recurs = lastRescan.duration(to: now) < pause + .seconds(1)
    pause = recurs ? min(pause * 2, Self.longestPause) : Self.shortestPause
  }

  mutating func sawEvent(at now: SuspendingClock.Instant) {
    if firstLoss != nil { lastEvent = now }
  }

  mutating func rescanned(at now: SuspendingClock.Instant) {
    firstLoss = nil
    lastEvent = nil
    lastRescan = now
  }
}
