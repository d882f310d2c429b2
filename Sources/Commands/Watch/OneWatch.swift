internal import Dispatch
internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import Watching

/// Watching with one state of the configuration.
final class OneWatch {
  let invocation: WatchInvocation
  private let tree: TreeWatch.Options
  private(set) var loop: WatchLoop?

  init(invocation: WatchInvocation, tree: TreeWatch.Options) {
    self.invocation = invocation
    self.tree = tree
  }

  func start(_ reporter: any WatchReporting, configurationChanged: @escaping @Sendable () -> Void) {
    let request = invocation.request
    let options = invocation.options
    var command = options.exec.map { ExecRunner.Command($0) }
    command?.restarts = options.restart
    // Every line of standard output is an object then.
    command?.sparesOutput = reporter.output.descriptor == .standardOutput
    let warmer = PrecompilingWarmer(
      request, with: invocation.compilers, observer: reporter, cancellation: Cancellation())
    let loop = WatchLoop(
      source: TreeWatch(roots: request.input.roots, options: tree), warmer: warmer,
      times: SettleTimes(debounce: .milliseconds(options.debounce.value)), command: command,
      configurationChanged: configurationChanged, report: reporter.report)
    self.loop = loop
    loop.start()
  }

  /// Stops the process, and what the command has started, until somebody has it go on.
  func suspend() {
    let goesOn = DispatchSemaphore(value: 0)
    loop?.withCommandSuspended {
      JobControl.stop()
      goesOn.signal()
    }
    if loop != nil { goesOn.wait() }
  }

  func stop() {
    let hasStopped = DispatchSemaphore(value: 0)
    loop?.stop { hasStopped.signal() }
    if loop != nil { hasStopped.wait() }
  }
}
