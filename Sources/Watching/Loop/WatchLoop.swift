internal import Dispatch
internal import LinuxIO
internal import SystemPackage

/// Keeps modules warm until it is stopped: source of changes → settling → warmer, one batch at a time.
///
/// At the start everything that is there is one batch, and `ready` is told when that is done. Nothing runs while
/// nothing happens: the one timer is armed only while something is pending.
package actor WatchLoop {
  /// A part that has to end before the loop has stopped.
  private enum Part: CaseIterable {
    case source, warmer, command
  }

  /// The time within which stopping is promised. A part that has not ended by then is left behind.
  private static let stopDeadline = DispatchTimeInterval.milliseconds(800)

  /// How often a service manager is told of work.
  private static let beat = DispatchTimeInterval.seconds(5)

  nonisolated let executor = QueueExecutor(label: "wasmprecompile.watch-loop")
  private let source: any ChangeSource
  private let warmer: any Warmer
  private let command: ExecRunner?
  private let configurationChanged: @Sendable () -> Void
  private let report: @Sendable (WatchReport) -> Void

  var batcher: ChangeBatcher
  var batch: WarmBatch?
  private var alarm: Alarm?
  private var isArmed = false
  private var isReady = false
  private var service: ServiceReport
  /// Modules of the start that are not done.
  private var initial: Set<FilePath> = []
  /// The contents of each module when it was last made loadable, by the warmer's names for contents.
  private var contents: [FilePath: String] = [:]
  /// Changes that the command has not been told of, and since when.
  private var unreported = ModuleChanges()
  private var unreportedSince: SuspendingClock.Instant?
  /// Modules of the last batch that cannot be used, which the command is not run with.
  private var unready: Set<FilePath> = []
  /// Modules that are tried again until they can be used, which the command waits for.
  private var postponed: Set<FilePath> = []
  /// The files by their names, as they were when last read: one that is written under a name changes under all.
  private var names = FileNames()
  private var dependencies = DependencyChanges()
  private var runningParts: Set<Part> = []
  private var stopped: [@Sendable () -> Void]?
  private var hasStopped = false

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - command: what `--exec` says, run by the shell.
  ///   - configurationChanged: called when a configuration file is another than before.
  ///   - report: called on the loop's own queue.
  package init(
    source: any ChangeSource, warmer: any Warmer, times: SettleTimes = SettleTimes(),
    command: ExecRunner.Command? = nil, notifier: SystemdNotifier = SystemdNotifier(),
    configurationChanged: @escaping @Sendable () -> Void = {},
    report: @escaping @Sendable (WatchReport) -> Void
  ) {
    self.configurationChanged = configurationChanged
    self.source = source
    self.warmer = warmer
    service = ServiceReport(notifier)
    self.report = report
    self.command = command.map { ExecRunner($0) { report(.command($0)) } }
    batcher = ChangeBatcher(times: times)
  }

  package nonisolated func start() { onQueue { $0.begin() } }

  /// Looks at everything again.
  package nonisolated func rescan(_ cause: WatchNotice.RescanCause = .requested) { source.rescan(cause) }

  /// Takes nothing more, ends running work and calls `completion`, always within a second.
  package nonisolated func stop(completion: @escaping @Sendable () -> Void) { onQueue { $0.end(completion) } }

  /// Stops what the command has started for as long as `body` takes.
  package nonisolated func withCommandSuspended(_ body: @escaping @Sendable () -> Void) {
    if let command { command.suspended(while: body) } else { body() }
  }

  private nonisolated func onQueue(_ body: @escaping @Sendable (isolated WatchLoop) -> Void) {
    executor.queue.async { self.assumeIsolated(body) }
  }

  private func begin() {
    guard stopped == nil else { return }
    alarm = Alarm(on: executor.queue) { [weak self] in
      self?.assumeIsolated {
        $0.alarm?.fired()
        $0.advance()
      }
    }
    // A timer takes a descriptor when it has to wait for the first time: not to be put off until there is none left.
    alarm?.set(to: SuspendingClock().now + .seconds(1))
    tellManagerOfWork()
    source.start { [self] events in onQueue { $0.take(events) } }
  }

  /// Has a service manager wait.
  private func tellManagerOfWork() {
    guard service.isAwaited, stopped == nil else { return }
    service.atWork(on: batch, isListing: !isArmed)
    executor.queue.asyncAfter(deadline: .now() + Self.beat) { [weak self] in
      self?.assumeIsolated { $0.tellManagerOfWork() }
    }
  }

  private func take(_ events: [WatchEvent]) {
    guard stopped == nil else { return }
    for event in events {
      switch event {
      case .file(let event): take(event)
      case .depends(let dependency): dependencies.note(dependency, at: SuspendingClock().now)
      case .armed: isArmed = true
      case .notice(let notice): report(.notice(notice))
      }
    }
    advance()
  }

  private func take(_ event: FileEvent) {
    batcher.note(event, atOnce: !isArmed)
    if batcher.isStale(event.path) { batch?.markStale(event.path) }
    switch event.kind {
    case .removed:
      // Nothing more is to be had of it; what comes under its name later is a change.
      initial.remove(event.path)
      unready.remove(event.path)
      postponed.remove(event.path)
      names.remove(event.path)
    case .written:
      // The kernel tells only of the name that the file was opened by.
      for other in names.others(of: event.path) {
        batcher.note(FileEvent(path: other, kind: .written, time: event.time))
        if batcher.isStale(other) { batch?.markStale(other) }
      }
    case .listed, .created, .movedIn: break
    }
  }

  /// Does what has become due.
  private func advance() {
    guard isArmed, stopped == nil else { return }
    let now = SuspendingClock().now
    switch dependencies.settle(at: now) {
    case .readConfiguration: configurationChanged()
    case .rescan(let dependency): source.rescan(.dependency(dependency))
    case nil: break
    }
    let settled = batcher.settle(at: now)
    for removal in settled.removals {
      initial.remove(removal.path)
      // The last look: a rename back may have happened without us.
      let stamp = try? Descriptor.status(of: removal.path, followingLinks: false).stamp
      if stamp == nil || stamp?.kind == .directory {
        report(.removed(removal))
        contents[removal.path] = nil
        unreported.remove(removal.path)
      } else {
        batcher.note(FileEvent(path: removal.path, kind: .listed, time: now))
      }
    }
    if !settled.removals.isEmpty { unready = [] }
    for diagnostic in settled.diagnostics {
      report(.diagnostic(diagnostic))
      initial.remove(diagnostic.change.path)
    }
    if settled.isWaiting { batch?.markWaiting() }
    if !settled.changes.isEmpty {
      warm(settled.changes)
    } else if batch == nil, initial.isEmpty {
      becomeReady()
    }
    service.count(batcher.knownModules)
    let commandTime = batch == nil ? tellCommand(at: now) : nil
    alarm?.set(to: [batcher.nextTime, commandTime, dependencies.time].compactMap { $0 }.min())
  }

  /// Runs the command if there is anything to tell it, and nothing more to be expected at once: what one action of a user
  /// changes, such as a checkout, settles one after the other.
  ///
  /// - Returns: when to ask again, if it is not before the next event.
  private func tellCommand(at now: SuspendingClock.Instant) -> SuspendingClock.Instant? {
    guard !unreported.isEmpty, unready.isEmpty, postponed.isEmpty else { return nil }
    let since = unreportedSince ?? now
    unreportedSince = since
    let latest = since + batcher.times.longest
    guard batcher.isQuiet || now >= latest else { return latest }
    command?.run(telling: unreported)
    unreported = ModuleChanges()
    unreportedSince = nil
    return nil
  }

  private func warm(_ changes: [Change]) {
    let known = changes.compactMap { change in contents[change.path].map { (change.path, $0) } }
    let batch = WarmBatch(changes, before: Dictionary(uniqueKeysWithValues: known))
    self.batch = batch
    if !isReady { initial.formUnion(changes.map(\.path)) }
    dependencies.begin(changes)
    report(.batchStarted(batch))
    warmer.warm(batch) { [self] outcomes in onQueue { $0.finished(batch, outcomes) } }
  }

  private func finished(_ batch: WarmBatch, _ outcomes: [FilePath: WarmOutcome]) {
    guard batch === self.batch else { return }
    self.batch = nil
    guard stopped == nil else { return ended(.warmer) }
    let fresh = batch.changes.filter { !batcher.isStale($0.path) }
    let old = batch.oldFiles(rejectedIn: outcomes, quietFor: batcher.times.beforeDiagnostic)
    let diagnostics = batcher.finish(outcomes, old: old, at: SuspendingClock().now)
    let told = Dictionary(uniqueKeysWithValues: batch.changes.map { ($0, outcomes[$0.path] ?? .deferred) })
    report(.batchFinished(batch, told))
    tell(diagnostics)
    note(told, batch.loadable)
    names.note(batch.files)
    dependencies.end(batch)
    for change in fresh where told[change] != .deferred && !batcher.isHeld(change.path) {
      if !postponed.contains(change.path) { initial.remove(change.path) }
    }
    if initial.isEmpty { becomeReady() }
    unready = Set(fresh.filter { told[$0]?.isReady != true }.map(\.path))
    advance()
  }

  /// Tells what is wrong; what keeps several modules waiting is told once.
  private func tell(_ diagnostics: [ChangeBatcher.Diagnostic]) {
    let waiting = Dictionary(grouping: diagnostics.filter(\.isTriedAgain), by: \.message)
    var told: Set<String> = []
    for diagnostic in diagnostics {
      let alike = waiting[diagnostic.message] ?? []
      if !diagnostic.isTriedAgain || alike.count == 1 {
        report(.diagnostic(diagnostic))
      } else if told.insert(diagnostic.message).inserted {
        report(.trouble(diagnostic.message, alike.map(\.change)))
      }
    }
  }

  /// Keeps what the command has to be told, also of a module that changed again meanwhile or lacks a backend: if the next
  /// look finds it as it is now, that look has nothing to tell.
  private func note(_ outcomes: [Change: WarmOutcome], _ loadable: [FilePath: String]) {
    for (path, held) in loadable where contents.updateValue(held, forKey: path) != held { unreported.change(path) }
    for (change, outcome) in outcomes {
      if case .postponed = outcome { postponed.insert(change.path) } else { postponed.remove(change.path) }
      switch outcome {
      case .warmed: unreported.change(change.path)
      case .rejected, .failed, .postponed:
        // After a failure all contents are new to the user.
        contents[change.path] = nil
        unreported.retract(change.path)
      case .unchanged, .busy, .gone, .deferred: break
      }
    }
  }

  private func becomeReady() {
    guard !isReady else { return }
    isReady = true
    let count = batcher.knownModules
    report(.ready(modules: count))
    service.ready(count)
  }

  private func end(_ completion: @escaping @Sendable () -> Void) {
    guard !hasStopped else { return completion() }
    guard stopped == nil else { return stopped?.append(completion) ?? () }
    stopped = [completion]
    runningParts = Set(Part.allCases)
    service.stopping()
    alarm?.cancel()
    warmer.cancel()
    if batch == nil { ended(.warmer) }
    source.stop { [self] in onQueue { $0.ended(.source) } }
    if let command { command.stop { [self] in onQueue { $0.ended(.command) } } } else { ended(.command) }
    executor.queue.asyncAfter(deadline: .now() + Self.stopDeadline) {
      self.assumeIsolated { $0.finishStopping() }
    }
  }

  private func ended(_ part: Part) {
    runningParts.remove(part)
    if runningParts.isEmpty { finishStopping() }
  }

  private func finishStopping() {
    hasStopped = true
    let completions = stopped ?? []
    stopped = []
    for completion in completions { completion() }
  }
}

extension WarmOutcome {
  /// Whether the module can be used, or is none any more.
  fileprivate var isReady: Bool {
    switch self {
    case .warmed, .unchanged, .gone: true
    case .busy, .rejected, .failed, .postponed, .deferred: false
    }
  }
}
