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
      times: SettleTimes(debounce: .milliseconds(options.debounce.value)),
      command: options.exec,
      // Every line of standard output is an object then.
      sparesOutput: reporter is JSONWatchReporter,
      report: reporter.report)
    let hasStopped = DispatchSemaphore(value: 0)
    let interruption = Interruption([SIGINT, SIGTERM, SIGQUIT]) {
      loop.stop { hasStopped.signal() }
    } beforeDying: {
      loop.killCommand()
    }
    signal(SIGHUP, SIG_IGN)
    let rescan = DispatchSource.makeSignalSource(signal: SIGHUP, queue: DispatchQueue(label: "rescan"))
    rescan.setEventHandler { loop.rescan() }
    rescan.activate()
    loop.start()
    hasStopped.wait()
    reporter.ended()
    interruption.dieIfReceived()
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
