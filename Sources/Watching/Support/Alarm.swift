internal import Dispatch

/// A timer that is only armed while something is due, so that an idle watcher is never woken.
struct Alarm {
  private let source: any DispatchSourceTimer
  private var time: SuspendingClock.Instant?

  /// - Parameter fire: runs on `queue`.
  init(on queue: DispatchQueue, fire: @escaping @Sendable () -> Void) {
    source = DispatchSource.makeTimerSource(queue: queue)
    source.setEventHandler(handler: fire)
    source.activate()
  }

  /// Fires at `time` instead of when it was to fire before; `nil` is never.
  mutating func set(to time: SuspendingClock.Instant?) {
    guard time != self.time else { return }
    self.time = time
    guard let time else { return source.schedule(deadline: .distantFuture) }
    let wait = SuspendingClock().now.duration(to: time).components
    let nanoseconds = wait.seconds * 1_000_000_000 + wait.attoseconds / 1_000_000_000
    source.schedule(deadline: .now() + .nanoseconds(Int(max(0, nanoseconds))), leeway: .nanoseconds(0))
  }

  var isSet: Bool { time != nil }

  /// To be called from `fire`: the time that was set is over.
  mutating func fired() { time = nil }

  func cancel() { source.cancel() }
}
