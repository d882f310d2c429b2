package import Dispatch
internal import LinuxIO
package import SystemPackage

/// Runs the user's command after modules changed, never twice at once.
///
/// While it runs, any number of further changes cause one more run, for which the present one may be ended. The command finds
/// what changed in its environment: `WASMPRECOMPILE_CHANGED` and `WASMPRECOMPILE_REMOVED` have the paths, one a line, and with
/// `_COUNT` after their names the number of these. A list too long for the kernel (it takes 128 KiB a variable) is left out,
/// the number is always there.
package actor ExecRunner {
  /// What became of a run.
  package enum Status: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
    case notStarted(Errno)
    /// It does not go on by itself.
    case stopped(signal: Int32)
    /// Told once: there are changes, and it has not ended since.
    case stillRunning
  }

  /// A command, and how it is run.
  package struct Command: Sendable {
    package var text: String
    /// Whether a run is ended when there are changes, with everything that it has started.
    package var restarts = false
    /// Whether its output goes to standard error.
    package var sparesOutput = false
    /// The program that supervises it, see `SupervisedCommand`.
    package var supervisor = "/proc/self/exe"
    /// How long it may go on after changes without a word about it.
    package var patience = DispatchTimeInterval.seconds(2)

    package init(_ text: String) { self.text = text }
  }

  private static let longestList = 100_000
  /// Milliseconds that a command has to end for its next run. A server may have requests to answer.
  private static let restartGrace = 3000

  nonisolated let executor = QueueExecutor(label: "wasmprecompile.exec")
  private let command: Command
  private let report: @Sendable (Status) -> Void
  /// The run whose shell has not ended.
  private var running: SupervisedCommand?
  /// All runs of which something is left.
  private var alive: [ObjectIdentifier: SupervisedCommand] = [:]
  /// Runs that were told to end, which is not reported.
  private var ending: Set<ObjectIdentifier> = []
  private var waiting: ModuleChanges?
  private var hasToldThatItRuns = false
  private var stopped: [@Sendable () -> Void]?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// - Parameter report: called after each run, on the runner's own queue.
  package init(_ command: Command, report: @escaping @Sendable (Status) -> Void) {
    self.command = command
    self.report = report
  }

  /// Runs the command, now or when the present run is over.
  package nonisolated func run(telling changes: ModuleChanges) { onQueue { $0.take(changes) } }

  /// Ends all that is left of runs, and starts nothing more.
  package nonisolated func stop(completion: @escaping @Sendable () -> Void) { onQueue { $0.end(completion) } }

  /// Stops all that is left of runs for as long as `body` takes. Nothing is started meanwhile.
  package nonisolated func suspended(while body: @escaping @Sendable () -> Void) {
    onQueue { runner in
      for run in runner.alive.values { run.suspend() }
      body()
      for run in runner.alive.values { run.resume() }
    }
  }

  private nonisolated func onQueue(_ body: @escaping @Sendable (isolated ExecRunner) -> Void) {
    executor.queue.async { self.assumeIsolated(body) }
  }

  private func take(_ changes: ModuleChanges) {
    guard stopped == nil else { return }
    waiting = waiting ?? ModuleChanges()
    waiting?.append(changes)
    advance()
  }

  /// Starts the next run, if there is one to start and nothing is in its way.
  private func advance() {
    guard stopped == nil, let changes = waiting else { return }
    if command.restarts ? alive.isEmpty : running == nil {
      waiting = nil
      start(changes)
    } else if command.restarts {
      endAll(within: Self.restartGrace)
    } else {
      tellIfItRunsOn()
    }
  }

  private func start(_ changes: ModuleChanges) {
    let run: SupervisedCommand
    do throws(SystemError) {
      run = try SupervisedCommand(
        command.text, environment: Self.environment(changes), sparesOutput: command.sparesOutput,
        program: command.supervisor)
    } catch {
      return report(.notStarted(error.errno))
    }
    running = run
    alive[ObjectIdentifier(run)] = run
    DispatchQueue(label: "wasmprecompile.exec.wait").async {
      while let event = run.next() { self.onQueue { $0.happened(event, to: run) } }
      let end = run.wait()
      self.onQueue { $0.isGone(run, end) }
    }
  }

  private func happened(_ event: CommandEvent, to run: SupervisedCommand) {
    let isEnding = ending.contains(ObjectIdentifier(run))
    if !isEnding { report(Status(event)) }
    if case .stopped = event { return }
    if running === run { running = nil }
    advance()
  }

  private func isGone(_ run: SupervisedCommand, _ end: ExitReason?) {
    alive[ObjectIdentifier(run)] = nil
    let wasEnding = ending.remove(ObjectIdentifier(run)) != nil
    if running === run {
      running = nil
      // The supervisor itself was killed.
      if !wasEnding, let end { report(Status(.ended(end))) }
    }
    if stopped != nil { completeStop() } else { advance() }
  }

  private func endAll(within milliseconds: Int) {
    for (name, run) in alive where ending.insert(name).inserted { run.end(within: milliseconds) }
  }

  private func tellIfItRunsOn() {
    guard !hasToldThatItRuns, let run = running else { return }
    executor.queue.asyncAfter(deadline: .now() + command.patience) { [weak self, weak run] in
      self?.assumeIsolated { runner in
        guard !runner.hasToldThatItRuns, let run, runner.running === run, runner.stopped == nil else { return }
        runner.hasToldThatItRuns = true
        runner.report(.stillRunning)
      }
    }
  }

  private func end(_ completion: @escaping @Sendable () -> Void) {
    waiting = nil
    stopped = (stopped ?? []) + [completion]
    // One that has a while left to end has it no longer.
    ending = []
    endAll(within: SupervisedCommand.usualGrace)
    completeStop()
  }

  private func completeStop() {
    guard alive.isEmpty, let completions = stopped else { return }
    stopped = []
    for completion in completions { completion() }
  }

  private static func environment(_ changes: ModuleChanges) -> EnvironmentVariables {
    var environment = EnvironmentVariables(inheriting: nil)
    for (name, paths) in [("CHANGED", changes.changed), ("REMOVED", changes.removed)] {
      let list = Array(paths.sorted { $0.string < $1.string }.map(\.bytes).joined(separator: "\n".utf8))
      if list.count <= longestList {
        environment.set("WASMPRECOMPILE_\(name)", to: list)
      } else {
        environment.remove("WASMPRECOMPILE_\(name)")
      }
      environment.set("WASMPRECOMPILE_\(name)_COUNT", to: Array("\(paths.count)".utf8))
    }
    return environment
  }
}

extension ExecRunner.Status {
  fileprivate init(_ event: CommandEvent) {
    switch event {
    case .ended(.exited(let status)): self = .exited(status)
    case .ended(.signalled(let signal)): self = .killed(signal: signal)
    case .stopped(let signal): self = .stopped(signal: signal)
    case .notStarted(let error): self = .notStarted(error)
    }
  }
}
