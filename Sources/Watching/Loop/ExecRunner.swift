internal import Dispatch
internal import Glibc
package import LinuxIO
internal import SystemPackage

/// Runs the user's command after modules changed, never twice at once.
///
/// While it runs, any number of further changes cause one more run. The command finds what changed in its environment:
/// `WASMPRECOMPILE_CHANGED` and `WASMPRECOMPILE_REMOVED` have the paths, one a line, and with `_COUNT` after their names
/// the number of these. A list too long for the kernel (it takes 128 KiB a variable) is left out, the number is always
/// there.
package actor ExecRunner {
  /// How a run ended.
  package enum Status: Hashable, Sendable {
    case exited(Int32)
    case killed(signal: Int32)
    case notStarted(SystemError)
  }

  private static let longestList = 100_000
  /// The time that a command has to end when it is told to. Stopping is promised within a second.
  private static let grace = DispatchTimeInterval.milliseconds(300)

  nonisolated let executor = QueueExecutor(label: "wasmprecompile.exec")
  private let command: String
  private let sparesOutput: Bool
  private let report: @Sendable (Status) -> Void
  private var running: ChildProcess?
  private var waiting: ModuleChanges?
  private var stopped: [@Sendable () -> Void]?

  package nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// - Parameters:
  ///   - sparesOutput: whether the command's output goes to standard error.
  ///   - report: called after each run, on the runner's own queue.
  package init(command: String, sparesOutput: Bool = false, report: @escaping @Sendable (Status) -> Void) {
    self.command = command
    self.sparesOutput = sparesOutput
    self.report = report
  }

  /// Runs the command, now or when the present run is over.
  package nonisolated func run(telling changes: ModuleChanges) { onQueue { $0.take(changes) } }

  /// Kills what runs, with its process group, and starts nothing more.
  package nonisolated func stop(completion: @escaping @Sendable () -> Void) { onQueue { $0.end(completion) } }

  /// Kills what runs, with its process group; returns when the signal is sent.
  package nonisolated func killAtOnce() {
    executor.queue.sync {
      assumeIsolated { runner in
        runner.running?.kill()
      }
    }
  }

  private nonisolated func onQueue(_ body: @escaping @Sendable (isolated ExecRunner) -> Void) {
    executor.queue.async { self.assumeIsolated(body) }
  }

  private func take(_ changes: ModuleChanges) {
    guard stopped == nil else { return }
    guard running == nil else {
      waiting = waiting ?? ModuleChanges()
      waiting?.append(changes)
      return
    }
    start(changes)
  }

  private func start(_ changes: ModuleChanges) {
    let child: ChildProcess
    do throws(SystemError) {
      child = try ChildProcess(
        shellCommand: command, environment: Self.environment(changes), sparesOutput: sparesOutput)
    } catch {
      return report(.notStarted(error))
    }
    running = child
    // The child is left unreaped until we are back on our queue, so that its group's number stays its own until then.
    DispatchQueue(label: "wasmprecompile.exec.wait").async {
      child.waitForEnd()
      self.onQueue { $0.ended(child) }
    }
  }

  private func ended(_ child: ChildProcess) {
    if stopped != nil { child.kill() }
    let reason = child.wait()
    running = nil
    // The end of a command that was told to end is not reported.
    if stopped == nil, let reason { report(Status(reason)) }
    if let stopped {
      for completion in stopped { completion() }
      self.stopped = []
    } else if let changes = waiting {
      waiting = nil
      start(changes)
    }
  }

  private func end(_ completion: @escaping @Sendable () -> Void) {
    waiting = nil
    stopped = (stopped ?? []) + [completion]
    guard let child = running else {
      for completion in stopped ?? [] { completion() }
      stopped = []
      return
    }
    child.signal(SIGTERM)
    executor.queue.asyncAfter(deadline: .now() + Self.grace) { child.kill() }
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
  fileprivate init(_ reason: ExitReason) {
    switch reason {
    case .exited(let status): self = .exited(status)
    case .signalled(let signal): self = .killed(signal: signal)
    }
  }
}
