/// Tells the service manager how far a watcher is.
struct ServiceReport {
  private let notifier: SystemdNotifier
  /// How many modules it was told of; nil before the watcher is ready.
  private var told: Int?
  /// Seconds that the manager waits for the next word of a watcher that is not ready.
  private static let patience = 60

  init(_ notifier: SystemdNotifier) { self.notifier = notifier }

  /// Whether there is anybody to be told that the watcher is at work. A manager would end a service that is not ready after some
  /// time (90 s), and to compile much may take longer. Each module has its own limit.
  var isAwaited: Bool { told == nil && notifier.isHeard }

  func atWork(on batch: WarmBatch?, isListing: Bool) {
    let progress = batch?.progress.map { ": \($0.done) of \($0.of) done" } ?? ""
    notifier.send(
      .status(isListing ? "listing modules" : "compiling modules\(progress)"), .extendTimeout(seconds: Self.patience))
  }

  mutating func ready(_ modules: Int) {
    told = modules
    notifier.send(.ready, .status(Self.status(modules)))
  }

  /// Tells the number of modules if it is another.
  mutating func count(_ modules: Int) {
    guard let told, told != modules, notifier.isHeard else { return }
    self.told = modules
    notifier.send(.status(Self.status(modules)))
  }

  func stopping() { notifier.send(.stopping, .status("stopping")) }

  private static func status(_ modules: Int) -> String { "watching \(modules) \(modules == 1 ? "module" : "modules")" }
}
