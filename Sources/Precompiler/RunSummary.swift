package import SystemPackage
internal import WasmCache

/// The results of a run, as one value.
package struct RunSummary: Sendable {
  /// The directories in which modules were looked for, if that was asked for.
  package let scannedDirectories: [FilePath]
  package let plan: Plan
  package let outcomes: [JobOutcome]
  /// The targets in their order.
  package let targets: [CompileTarget]
  package let caches: OpenCaches
  /// Files that hold no WebAssembly.
  package let notModules: Int
  /// Files and directories whose contents are not known.
  package let unreadable: Int
  /// Files that gave no module, whatever the reason.
  package let rejected: [FailedFile]
  /// Directories below which no module was found.
  package let emptyRoots: [FilePath]
  package let purpose: RunPurpose
  /// Artifacts of lower caches that are not used because no trusted key has signed them.
  package let refusedOfLowerCaches: Int
  /// The dealings with a store on another machine; nil if none was asked.
  package var remote: RemoteTally?
  /// How long the run took.
  package let nanoseconds: UInt64

  package var compiled: Int { count { if case .compiled = $0 { true } else { false } } }
  /// Artifacts that workers of another machine compiled for this run.
  package var compiledRemotely: Int { count { if case .compiledRemotely = $0 { true } else { false } } }
  /// Artifacts that a store on another machine had.
  package var fetched: Int { count { if case .fetched = $0 { true } else { false } } }
  /// Artifacts that were made for other hosts, and are what would have been made for these.
  package var shared: Int { count { if case .shared = $0 { true } else { false } } }
  /// Artifacts that the cache had, or that another process made meanwhile.
  package var upToDate: Int {
    plan.upToDate.count + count { if case .foundMeanwhile = $0 { true } else { false } }
  }
  /// Artifacts that could not be made or stored.
  package var failed: Int { count { if case .failed = $0 { true } else { false } } }
  /// Artifacts of other caches that are not used because no trusted key has signed them.
  package var refused: Int { refusedOfLowerCaches + (remote?.refused ?? 0) }
  package var notDone: Int { count { if case .notDone = $0 { true } else { false } } }

  /// Whether something that was asked for is missing because it failed.
  package var hasFailures: Bool { failed + notModules + unreadable > 0 }

  /// Whether something is missing that should have been there.
  package var isWanting: Bool { (purpose == .check || purpose == .frozen) && !lacking.isEmpty }

  /// The jobs whose artifact a run that compiles nothing has not found anywhere.
  package var lacking: [Job] {
    if outcomes.isEmpty { return plan.jobs }
    let found = Set(outcomes.filter(\.isThere).map { JobKey($0.job) })
    return plan.jobs.filter { !found.contains(JobKey($0)) }
  }

  /// Whether it was to find out whether everything is there, and looked where nothing is: a typing mistake would pass for
  /// success.
  package var looksNowhere: Bool {
    (purpose == .check || purpose == .frozen) && (!emptyRoots.isEmpty || plan.contents.isEmpty && !hasFailures)
  }

  /// Distinct modules of which an artifact could not be made or stored.
  package var failedModules: Int {
    var modules: Set<WasmHash> = []
    for outcome in outcomes {
      if case .failed = outcome.result { modules.insert(outcome.job.content.facts.hash) }
    }
    return modules.count
  }

  /// Whether it only says what would be compiled.
  package var isDryRun: Bool { purpose == .dryRun || purpose == .check }

  /// Bytes of the modules compiled, here or by another machine's workers, and of their artifacts.
  package var compiledBytes: (modules: Int, artifacts: Int) {
    var bytes = (modules: 0, artifacts: 0)
    for outcome in outcomes {
      let size: Int
      switch outcome.result {
      case .compiled(let bytes, _), .compiledRemotely(let bytes): size = bytes
      case .fetched, .shared, .foundMeanwhile, .failed, .notDone: continue
      }
      bytes.modules += outcome.job.content.facts.size
      bytes.artifacts += size
    }
    return bytes
  }

  /// Whether something could not be stored in the cache.
  package var storageFailed: Bool {
    outcomes.contains { if case .failed(let failure) = $0.result { failure.isStorageFailure } else { false } }
  }

  /// Whether a module has no artifact because no compiler could be started.
  package var lackedCompilers: Bool {
    outcomes.contains { if case .failed(.compilerNotStarted) = $0.result { true } else { false } }
  }

  private func count(_ matches: (JobOutcome.Result) -> Bool) -> Int {
    outcomes.count { matches($0.result) }
  }
}
