/// A source of changes: a `TreeWatch`, or a fake in tests.
package protocol ChangeSource: Sendable {
  /// Tells the modules that are there, then `armed`, then each change, in order and in groups, until it is stopped.
  func start(deliver: @escaping @Sendable ([WatchEvent]) -> Void)
  /// Tells everything that is there again.
  func rescan(_ cause: WatchNotice.RescanCause)
  func stop(completion: @escaping @Sendable () -> Void)
}
