/// Where changes come from: a `TreeWatch`, or in tests whatever the test says.
package protocol ChangeSource: Sendable {
  /// Tells what is there, then `armed`, then each change, in order and in groups, until it is stopped.
  func start(deliver: @escaping @Sendable ([WatchEvent]) -> Void)
  func rescan()
  func stop(completion: @escaping @Sendable () -> Void)
}
