package import SystemPackage

/// Turns events into batches of settled changes, one batch at a time.
///
/// It has no clock and no timer: it is told the time, and says when it wants to be asked again. Each path is in one
/// of four states: unknown; pending, until it has been quiet; running, in the batch that was handed out; or held,
/// with a diagnostic that is told if it stays quiet. An event makes a held path pending, and a running one both: the
/// outcome of its run is then stale and it runs once more.
package struct ChangeBatcher: Sendable {
  private struct Pending {
    var change: Change
    var first: SuspendingClock.Instant
    var due: SuspendingClock.Instant
    /// Whether it waits for something outside of it to be mended.
    var isPostponed = false
  }

  private struct Held {
    var diagnostic: Diagnostic
    var due: SuspendingClock.Instant
  }

  /// Why a module is not warm.
  package struct Diagnostic: Hashable, Sendable {
    package var change: Change
    package var message: String
    /// Whether it is tried again by itself.
    package var isTriedAgain = false
  }

  /// Changes and diagnostics that have settled.
  package struct Settled: Hashable, Sendable {
    /// To be worked on; `finish` must be called for them before more are handed out.
    package var changes: [Change] = []
    /// Modules that were known and are gone.
    package var removals: [Change] = []
    package var diagnostics: [Diagnostic] = []
    /// Nothing was handed out because a batch runs, but something is due.
    package var isWaiting = false
  }

  let times: SettleTimes
  private var pending: [FilePath: Pending] = [:]
  private var running: [FilePath: Change] = [:]
  private var stale: Set<FilePath> = []
  private var held: [FilePath: Held] = [:]
  /// Modules whose removal is worth telling.
  private var known: Set<FilePath> = []
  /// The reasons, told already, of what is postponed.
  private var troubles: [FilePath: String] = [:]
  /// Nothing is due before this. It may be too early after events that postponed something.
  private var earliest: SuspendingClock.Instant?

  package init(times: SettleTimes = SettleTimes()) {
    self.times = times
  }

  /// When to call `settle`; `nil` when nothing is to be expected before the next event or `finish`.
  package var nextTime: SuspendingClock.Instant? { earliest }

  package var isRunning: Bool { !running.isEmpty }

  /// Whether nothing is being worked on, or will be before the next event.
  var isQuiet: Bool { pending.isEmpty && running.isEmpty }

  /// How many modules there are, as far as they were looked at.
  package var knownModules: Int { known.count }

  /// Whether a path's diagnostic is held back, because somebody may still be writing.
  func isHeld(_ path: FilePath) -> Bool { held[path] != nil }

  /// Whether the running work on a path is for nothing, because the path changed again.
  package func isStale(_ path: FilePath) -> Bool { stale.contains(path) }

  /// Takes an event.
  ///
  /// - Parameter atOnce: for a module that is found at the start, which does not have to settle.
  package mutating func note(_ event: FileEvent, atOnce: Bool = false) {
    let path = event.path
    held[path] = nil
    if event.kind == .removed { troubles[path] = nil }
    // A listing says that the file is there, not that it changed.
    if running[path] != nil, event.kind != .listed { stale.insert(path) }
    let first = pending[path]?.first ?? event.time
    let due = atOnce ? event.time : min(event.time + times.delay(after: event.kind), first + times.longest)
    // A temporary file came and went, and was never known.
    if event.kind == .removed, !known.contains(path), running[path] == nil {
      pending[path] = nil
      return
    }
    let change = Change(path: path, cause: event.kind, time: event.time)
    pending[path] = Pending(change: change, first: first, due: due)
    wake(at: due)
  }

  /// Hands out what has settled; nothing while a batch runs.
  package mutating func settle(at now: SuspendingClock.Instant) -> Settled {
    var settled = Settled()
    guard let earliest, earliest <= now else { return settled }
    self.earliest = nil
    guard running.isEmpty else {
      let changes = pending.values.filter { $0.change.cause != .removed }
      settled.isWaiting = changes.contains { $0.due <= now }
      if !settled.isWaiting, let due = changes.map(\.due).min() { wake(at: due) }
      return settled
    }
    for (path, entry) in pending {
      guard entry.due <= now else {
        wake(at: entry.due)
        continue
      }
      pending[path] = nil
      if entry.change.cause == .removed {
        if known.remove(path) != nil { settled.removals.append(entry.change) }
      } else {
        held[path] = nil
        running[path] = entry.change
        settled.changes.append(entry.change)
      }
    }
    for (path, entry) in held {
      guard entry.due <= now else {
        wake(at: entry.due)
        continue
      }
      held[path] = nil
      settled.diagnostics.append(entry.diagnostic)
    }
    settled.inOrder()
    return settled
  }

  /// Takes the outcomes of the running batch, and returns the diagnostics that are told at once.
  ///
  /// A path without an outcome counts as deferred.
  ///
  /// - Parameter old: files that have been quiet for so long that nobody can be writing them.
  package mutating func finish(
    _ outcomes: [FilePath: WarmOutcome], old: Set<FilePath> = [], at now: SuspendingClock.Instant
  ) -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    for (path, change) in running {
      let outcome = outcomes[path] ?? .deferred
      if outcome.showsModule { known.insert(path) }
      if outcome.endsTrouble { troubles[path] = nil }
      // It is looked at again anyway. That outcome counts.
      guard pending[path] == nil else { continue }
      switch outcome {
      case .warmed, .unchanged, .gone: break
      case .failed(let message): diagnostics.append(Diagnostic(change: change, message: message))
      case .postponed(let message):
        if troubles.updateValue(message, forKey: path) != message {
          diagnostics.append(Diagnostic(change: change, message: message, isTriedAgain: true))
        }
        var again = change
        again.attempt += 1
        retry(again, at: now + RetrySchedule.delayOfPostponed(afterAttempt: again.attempt), isPostponed: true)
      case .rejected(let message) where old.contains(path):
        diagnostics.append(Diagnostic(change: change, message: message))
      case .rejected(let message):
        let due = max(now, change.time + times.beforeDiagnostic)
        held[path] = Held(diagnostic: Diagnostic(change: change, message: message), due: due)
        wake(at: due)
      case .busy:
        var again = change
        again.attempt += 1
        retry(again, at: now + RetrySchedule.delay(afterAttempt: again.attempt))
      case .deferred: retry(change, at: now)
      }
    }
    // What could be made now may be mended for the others, too.
    if outcomes.values.contains(.warmed) {
      for (path, entry) in pending where entry.isPostponed { pending[path]?.due = now }
    }
    running = [:]
    stale = []
    // Changes that waited while the batch ran may be long due.
    earliest = pending.isEmpty && held.isEmpty ? nil : now
    return diagnostics.sorted { $0.change.comes(before: $1.change) }
  }

  private mutating func retry(_ change: Change, at due: SuspendingClock.Instant, isPostponed: Bool = false) {
    pending[change.path] = Pending(change: change, first: due, due: due, isPostponed: isPostponed)
    wake(at: due)
  }

  private mutating func wake(at time: SuspendingClock.Instant) {
    earliest = min(earliest ?? time, time)
  }
}

extension WarmOutcome {
  /// Whether there was a file to read, so that its removal is worth telling.
  fileprivate var showsModule: Bool {
    switch self {
    case .warmed, .unchanged, .failed, .postponed: true
    case .busy, .gone, .deferred, .rejected: false
    }
  }

  /// Whether what stood in the way is over, so that it is news if it comes back.
  fileprivate var endsTrouble: Bool {
    switch self {
    case .postponed, .busy, .deferred: false
    case .warmed, .unchanged, .gone, .rejected, .failed: true
    }
  }
}

extension ChangeBatcher.Settled {
  /// Oldest first; the same events always give the same order.
  fileprivate mutating func inOrder() {
    changes.sort { $0.comes(before: $1) }
    removals.sort { $0.comes(before: $1) }
    diagnostics.sort { $0.change.comes(before: $1.change) }
  }
}

extension Change {
  fileprivate func comes(before other: Change) -> Bool {
    time != other.time ? time < other.time : path.string < other.path.string
  }
}
