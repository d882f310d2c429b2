/// Changes of what the modules' artifacts depend on, until they have settled: whoever replaces a file may do so in several steps.
struct DependencyChanges {
  enum Consequence: Hashable {
    case readConfiguration
    /// Look at everything, because this has changed.
    case rescan(WatchDependency)
  }

  private static let delay = Duration.milliseconds(200)

  /// When to ask for the consequence.
  private(set) var time: SuspendingClock.Instant?
  private var changed: Set<WatchDependency> = []
  /// Whether room was made in the cache since a file changed. Then there is none for what went from it.
  private var hasEvicted = false

  mutating func note(_ dependency: WatchDependency, at now: SuspendingClock.Instant) {
    changed.insert(dependency)
    time = now + Self.delay
  }

  /// Takes note of a batch that begins.
  mutating func begin(_ changes: [Change]) {
    if changes.contains(where: { $0.cause != .listed }) { hasEvicted = false }
  }

  mutating func end(_ batch: WarmBatch) { hasEvicted = hasEvicted || batch.hasEvicted }

  /// What follows, once it has settled.
  mutating func settle(at now: SuspendingClock.Instant) -> Consequence? {
    guard let time, time <= now else { return nil }
    self.time = nil
    defer { changed = [] }
    var reason: WatchDependency?
    for dependency in changed {
      switch dependency {
      case .configuration: return .readConfiguration
      case .maker: reason = dependency
      case .entries: if !hasEvicted { reason = reason ?? dependency }
      }
    }
    return reason.map { .rescan($0) }
  }
}
