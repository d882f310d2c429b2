internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import Scanning
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
    let output = reporter.output.descriptor
    let reader = DescriptorWatch.forLossOfReader(of: output.rawValue, takesSocket: output == .standardOutput) {
      interruption.take(SIGPIPE)
    }
    hangup.otherwise { requests.add(.readAgain) }
    watch.start(reporter) { requests.add(.readAgain) }
    let suspension = JobControl.isThere ? SignalThread([SIGTSTP]) { _ in requests.add(.suspend) } : nil
    loop: while true {
      switch requests.next() {
      case .end: break loop
      case .suspend: watch.suspend()
      case .readAgain: readAgain(&watch, requests)
      }
    }
    watch.stop()
    reader?.end()
    suspension?.end()
    reporter.ended()
    interruption.dieIfReceived()
  }

  private func readAgain(_ watch: inout OneWatch, _ requests: WatchRequests) {
    do throws(RunFailure) {
      let other = try read()
      if other.settings == watch.invocation.settings {
        // A host's table may have changed, or somebody just asks.
        watch.loop?.rescan()
        return
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

  private func makeWatch(_ invocation: WatchInvocation) throws(RunFailure) -> OneWatch {
    // The setting comes from a configuration file, where it is meant for other runs.
    if invocation.request.input.followLinks {
      reporter.record(.noted("follow-links is set, but links to directories are not followed while watching"))
    }
    var tree = try treeOptions(invocation)
    tree.dependencies = invocation.dependencies(besides: try requireCompilers(invocation))
    return OneWatch(invocation: invocation, tree: tree)
  }

  /// Fails as a run would if nothing could ever be compiled: an engine or a setting that is not there. Later, an engine may be
  /// gone for a while.
  ///
  /// - Returns: every file of compilers that are programs. What their programs start themselves, only they can tell.
  private func requireCompilers(_ invocation: WatchInvocation) throws(RunFailure) -> [FilePath] {
    var request = invocation.request
    request.input.roots = []
    let summary = try invocation.compilers.run(request, observer: DeafObserver(), Cancellation())
    return summary.targets.filter { !$0.identity.backend.isOfLibwasmtime }.flatMap(\.toolchain.files)
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
    return tree
  }
}
