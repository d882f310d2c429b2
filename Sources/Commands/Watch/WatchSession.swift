internal import CLinux
internal import Dispatch
internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import Scanning
internal import SystemPackage
internal import WasmCache
internal import Watching

/// Watches until it is stopped: warms what is there, says so, and then follows every change.
struct WatchSession {
  let request: PrecompileRequest
  let compilers: CompilerChoice
  let options: WatchOptions
  let reporter: any WatchReporting

  /// Watches, and ends the process by the signal that stops it.
  func run() throws(RunFailure) {
    // The setting comes from a configuration file, where it is meant for other runs.
    if request.input.followLinks {
      reporter.record(.noted("follow-links is set, but links to directories are not followed while watching"))
    }
    // Without threads nothing would be noticed, whatever happens, and Dispatch would wait for them for ever.
    guard Threads.isAvailable else {
      throw RunFailure(
        status: .engineUnavailable,
        message: """
          cannot watch: the system grants no more threads: raise `ulimit -u`, or the container's limit of processes
          """)
    }
    let cancellation = Cancellation()
    let source = TreeWatch(roots: request.input.roots, options: try treeOptions())
    let loop = WatchLoop(
      source: source,
      warmer: PrecompilingWarmer(request, with: compilers, observer: reporter, cancellation: cancellation),
      times: SettleTimes(debounce: .milliseconds(options.debounce.value)), command: command, report: reporter.report)
    let hasStopped = DispatchSemaphore(value: 0)
    let hangup = Hangup()
    let interruption = Interruption([SIGINT, SIGTERM, SIGQUIT] + (hangup.ends ? [SIGHUP] : [])) {
      loop.stop { hasStopped.signal() }
    }
    // Nobody else reads what it has to say. A program that writes all the time would end by this signal, too.
    let reader = DescriptorWatch.forLossOfReader(of: reporter.output.descriptor.rawValue) {
      interruption.take(SIGPIPE)
    }
    hangup.otherwise { loop.rescan() }
    loop.start()
    hasStopped.wait()
    reader?.end()
    reporter.ended()
    interruption.dieIfReceived()
  }

  private var command: ExecRunner.Command? {
    guard let text = options.exec else { return nil }
    var command = ExecRunner.Command(text)
    command.restarts = options.restart
    // Every line of standard output is an object then.
    command.sparesOutput = reporter.output.descriptor == .standardOutput
    return command
  }

  private func treeOptions() throws(RunFailure) -> TreeWatch.Options {
    var caches: Set<FileIdentity> = []
    do { caches.insert(try CacheDirectory(making: request.caches.path, trust: request.caches.trust).identity) } catch {
      throw RunFailure(error)
    }
    // The runs report trouble with a lower cache.
    for path in request.caches.lower {
      if let identity = try? Descriptor.status(of: path).stamp.identity { caches.insert(identity) }
    }
    var tree = TreeWatch.Options()
    tree.alwaysPolls = options.poll
    tree.selection = ModuleSelection(excludes: request.input.excludes, skippedDirectories: caches)
    return tree
  }
}

/// What SIGHUP does: it ends a watcher whose terminal was closed, and has any other look at everything again.
private final class Hangup {
  /// Whether it ends us. A starter that has it ignored (nohup) wants us to outlive the terminal.
  let ends = ControllingTerminal.isThere && !clinux_signal_is_ignored(SIGHUP)
  private var source: (any DispatchSourceSignal)?

  func otherwise(_ body: @escaping @Sendable () -> Void) {
    if ends { return }
    _ = clinux_signal_ignore(SIGHUP)
    let source = DispatchSource.makeSignalSource(signal: SIGHUP, queue: DispatchQueue(label: "hangup"))
    source.setEventHandler(handler: body)
    source.activate()
    self.source = source
  }
}
