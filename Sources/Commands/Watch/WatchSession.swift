internal import CLinux
internal import Dispatch
internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import Scanning
internal import Synchronization
internal import SystemPackage
internal import WasmCache
internal import Watching

/// Watches until it is stopped: warms what is there, says so, and then follows every change, also of the configuration.
struct WatchSession {
  let reporter: any WatchReporting
  /// Reads what is set outside the command line.
  let read: () throws(RunFailure) -> WatchInvocation

  /// Watches, and ends the process by the signal that stops it.
  ///
  /// - Parameter first: the invocation as it was read at the start.
  func run(_ first: WatchInvocation) throws(RunFailure) {
    // Without threads nothing would be noticed, whatever happens, and Dispatch would wait for them for ever.
    guard Threads.isAvailable else {
      throw RunFailure(
        status: .engineUnavailable,
        message: """
          cannot watch: the system grants no more threads: raise `ulimit -u`, or the container's limit of processes
          """)
    }
    var watch = try makeWatch(first)
    let requests = WatchRequests()
    let hangup = Hangup()
    let interruption = Interruption([SIGINT, SIGTERM, SIGQUIT] + (hangup.ends ? [SIGHUP] : [])) {
      requests.add(.end)
    }
    // Nobody else reads what it has to say. A program that writes all the time would end by this signal, too.
    let reader = DescriptorWatch.forLossOfReader(of: reporter.output.descriptor.rawValue) {
      interruption.take(SIGPIPE)
    }
    hangup.otherwise { requests.add(.readAgain) }
    watch.start(reporter) { requests.add(.readAgain) }
    while case .readAgain = requests.next() {
      do throws(RunFailure) {
        let other = try read()
        if other.settings == watch.invocation.settings {
          // A host's table may have changed, or somebody just asks.
          watch.loop?.rescan()
          continue
        }
        let next = try makeWatch(other)
        watch.stop()
        reporter.report(.notice(.configured))
        watch = next
        watch.start(reporter) { requests.add(.readAgain) }
      } catch {
        reporter.record(.warned("\(error.message): going on with what was read before"))
      }
    }
    watch.stop()
    reader?.end()
    reporter.ended()
    interruption.dieIfReceived()
  }

  private func makeWatch(_ invocation: WatchInvocation) throws(RunFailure) -> OneWatch {
    // The setting comes from a configuration file, where it is meant for other runs.
    if invocation.request.input.followLinks {
      reporter.record(.noted("follow-links is set, but links to directories are not followed while watching"))
    }
    return OneWatch(invocation: invocation, tree: try treeOptions(invocation))
  }

  private func treeOptions(_ invocation: WatchInvocation) throws(RunFailure) -> TreeWatch.Options {
    let places = invocation.request.caches
    var caches: Set<FileIdentity> = []
    do { caches.insert(try CacheDirectory(making: places.path, trust: places.trust).identity) } catch {
      throw RunFailure(error)
    }
    // The runs report trouble with a lower cache.
    for path in places.lower {
      if let identity = try? Descriptor.status(of: path).stamp.identity { caches.insert(identity) }
    }
    var tree = TreeWatch.Options()
    tree.alwaysPolls = invocation.options.poll
    tree.selection = ModuleSelection(excludes: invocation.request.input.excludes, skippedDirectories: caches)
    tree.dependencies = invocation.dependencies
    return tree
  }
}

/// A command line with `--watch`, and what is set outside of it.
struct WatchInvocation {
  var request: PrecompileRequest
  let compilers: CompilerChoice
  let options: WatchOptions
  /// What is set, as text, to tell one state of the configuration from another.
  let settings: [String: [String]]
  /// The configuration's files, there or not.
  let files: [FilePath]

  /// What the artifacts depend on besides the modules.
  var dependencies: [WatchDependency] {
    var all = files.map { WatchDependency.configuration($0) }
    for choice in (try? compilers.request.choices()) ?? [] {
      let found = (try? choice.search.find()).map { [$0.location] } ?? choice.search.candidates
      all += (found.map(\.path) + [choice.like].compactMap(\.self)).map { .maker($0) }
    }
    all += compilers.request.hosts.engineConfig.map { .maker($0.path) }
    all.append(.entries(CacheLayout.entriesPath(cache: request.caches.path)))
    var known: Set<WatchDependency> = []
    return all.filter { known.insert($0).inserted }
  }
}

/// Watching with one state of the configuration.
private final class OneWatch {
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

  func stop() {
    let hasStopped = DispatchSemaphore(value: 0)
    loop?.stop { hasStopped.signal() }
    if loop != nil { hasStopped.wait() }
  }
}

/// What other threads ask the watching one for, in their order.
private final class WatchRequests: Sendable {
  enum Request: Sendable {
    case end
    case readAgain
  }

  private let waiting = Mutex<[Request]>([])
  private let count = DispatchSemaphore(value: 0)

  func add(_ request: Request) {
    waiting.withLock { $0.append(request) }
    count.signal()
  }

  func next() -> Request {
    count.wait()
    return waiting.withLock { waiting in
      // To end does not wait for anything.
      if waiting.contains(where: { if case .end = $0 { true } else { false } }) { return .end }
      return waiting.removeFirst()
    }
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
