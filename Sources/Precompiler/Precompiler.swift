internal import Confinement
internal import Glibc
internal import LinuxIO
package import Scanning
package import SystemPackage
package import WasmCache
package import WasmEngine

/// What a run is asked to do.
package struct PrecompileRequest: Sendable {
  package var roots: [FilePath]
  package var excludes: [ExcludePattern] = []
  package var followLinks = false
  /// Every one of them is produced for every module, in this order.
  package var settings: [EngineSettings]
  package var engines: EngineSearch
  package var cachePath: FilePath
  package var cacheTrust = CacheTrust.owner
  /// How many modules are compiled at the same time.
  package var lanes: Int
  /// What the lanes but one have to be paid for with.
  package var jobserver: Jobserver?
  /// Why there is only one lane though there could be more; said when that matters.
  package var laneWarning: String?
  /// Seconds a module may take.
  package var timeout: Double = 120
  /// Bytes of the largest module that is read.
  package var largestModule = ModuleReader.defaultLimit
  /// Take files that somebody has open for writing for ones that changed while they were read.
  package var avoidsWriters = false
  package var keeping = RetainedModules()
  package var confinement = ConfinementPolicy()
  package var failFast = false
  package var force = false
  /// Read every file, whatever is remembered of it.
  package var rehash = false
  /// Bytes of artifacts that may stay in the cache; nil for any number.
  package var sizeLimit: Int64?
  package var purpose = RunPurpose.compile
  /// Tells in the summary which directories were scanned.
  package var namesDirectories = false
  /// Told when what happens.
  package var timings: RunTimings?
  package var program = ChildProgram.thisExecutable
  /// Where children wait between several runs; without it they end with the run.
  package var shelf: IdleChildren?
  /// Asked before each compilation, from any thread: whether it is still worth doing.
  package var isWanted: @Sendable (Job) -> Bool = { _ in true }

  package init(
    roots: [FilePath], settings: [EngineSettings], engines: EngineSearch, cachePath: FilePath, lanes: Int
  ) {
    self.roots = roots
    self.settings = settings
    self.engines = engines
    self.cachePath = cachePath
    self.lanes = max(1, lanes)
  }

  /// How many threads may look at files; they are not worth paying for.
  var threads: Int { jobserver == nil ? lanes : 1 }
}

/// The whole flow: scan → hash → look up → compile → store.
package struct Precompiler {
  private let request: PrecompileRequest
  private let observer: any RunObserver
  private let cancellation: Cancellation

  package init(_ request: PrecompileRequest, observer: any RunObserver, cancellation: Cancellation) {
    self.request = request
    self.observer = observer
    self.cancellation = cancellation
  }

  package func run() throws(PrecompileError) -> RunSummary {
    let start = MonotonicInstant.now()
    let timings = request.timings
    let engine = try findEngine()
    let cache = try openCache()
    var memory = RunCatalog(cache, isReadOnly: request.purpose.onlyLooks)
    let known = request.settings.compactMap { memory.identity($0, engine.stamp) }
    let question = known.count == request.settings.count ? nil : ask(engine)
    func answer() throws(PrecompileError) -> ([EngineIdentity], CompileChild?) {
      try timings.measure(.engine) { () throws(PrecompileError) in
        if let question { try self.answer(of: question, engine, &memory) } else { (known, nil) }
      }
    }
    // Under a jobserver, one job is paid for: one thing after the other.
    let early = request.jobserver == nil ? nil : try answer()
    let scan = timings.measure(.scan) { self.scan(sparing: cache) }
    let indexes = memory.indexes(of: request.roots, ignoring: request.rehash)
    var inspection = timings.measure(.hash) {
      inspect(scan, indexes, until: { cancellation.isCancelled || question?.hasFailed == true })
    }
    let (identities, child) = if let early { early } else { try answer() }
    let directories = identities.map { identity in cache.map { EngineDirectory(identity, in: $0) } }
    observer.prepared(
      engine: engine.location, identities: identities, cache: request.cachePath, lanes: request.lanes)
    for problem in scan.problems { observer.noticed(problem) }
    for file in inspection.failures { observer.rejected(file) }
    // Files are only known to be gone if everything was looked at.
    let isWhole = scan.problems.isEmpty && request.excludes.isEmpty && !cancellation.isCancelled
    memory.remember(inspection, scan, indexes, isWhole: isWhole && inspection.failures.isEmpty)
    let contents = inspection.contents(of: scan, indexes)
    let lookup = LookUpStage(
      contents: contents, directories: directories, lanes: request.threads, looksAtEach: request.rehash)
    let lookups = try timings.measure(.lookUp) { () throws(PrecompileError) in
      do throws(CacheError) { return try lookup.run(&memory) } catch { throw .cache(error) }
    }
    let plan = Plan(contents, lookups, force: request.force)
    observer.planned(plan)
    let notModules = inspection.failures.count { if case .notWebAssembly = $0.failure { true } else { false } }
    let unreadable = inspection.failures.count - notModules + scan.problems.count { !$0.isWarning }
    // A file that gave no module is a failure like any other.
    let isOver = request.failFast && notModules + unreadable > 0 && !request.purpose.onlyLooks
    let outcomes =
      isOver
      ? plan.jobs.map { JobOutcome(job: $0, result: .notDone) }
      : try compile(
        plan, inspection.takeKept(), with: engine, storingIn: cache, directories.compactMap { $0 }, child)
    memory.remember(plan, outcomes, identities)
    var notes = [memory.note]
    if !request.purpose.onlyLooks {
      notes += timings.measure(.remember) {
        memory.recordUses(of: plan, lookups, directories)
        return [memory.commit(), makeRoom(in: cache, for: plan, directories)]
      }
    }
    for case let note? in notes { observer.noted(note) }
    return RunSummary(
      engine: engine.location, scannedDirectories: scan.directories, plan: plan, outcomes: outcomes,
      engines: identities, directories: directories, notModules: notModules,
      unreadable: unreadable, emptyRoots: scan.emptyRoots.map { request.roots[$0] }, purpose: request.purpose,
      nanoseconds: MonotonicInstant.now().nanoseconds(since: start))
  }

  private func findEngine() throws(PrecompileError) -> EngineFile {
    do { return try request.engines.find() } catch { throw .engineNotFound(error) }
  }

  /// Without a cache, which a run that only looks leaves as it is, everything is missing.
  private func openCache() throws(PrecompileError) -> CacheDirectory? {
    do {
      return try request.purpose.onlyLooks
        ? CacheDirectory.existing(at: request.cachePath, trust: request.cacheTrust)
        : CacheDirectory(making: request.cachePath, trust: request.cacheTrust)
    } catch {
      throw .cache(error)
    }
  }

  /// A child is asked, which can go on to compile.
  private func ask(_ engine: EngineFile) -> EngineProbeTask {
    var probe = EngineProbe(
      engine, program: request.program, policy: request.confinement, cancellation: cancellation)
    probe.threads = request.lanes
    return EngineProbeTask(request.settings, to: probe)
  }

  private func answer(
    of question: EngineProbeTask, _ engine: EngineFile, _ memory: inout RunCatalog
  ) throws(PrecompileError) -> ([EngineIdentity], CompileChild?) {
    let account: EngineAccount
    do { account = try question.wait() } catch { throw .engineUnusable(error) }
    if let missing = account.confinement?.missing, !missing.isEmpty { observer.unconfined(missing: missing) }
    var identities: [EngineIdentity] = []
    for (settings, result) in zip(request.settings, account.identities) {
      switch result {
      case .success(let identity): identities.append(identity)
      case .failure(let reason): throw .backendUnavailable(settings, engine.location, reason)
      }
    }
    if engine.isUnchanged { for identity in identities { memory.remember(identity, engine.stamp) } }
    if request.purpose.onlyLooks { account.child?.kill() }
    return (identities, account.child)
  }

  private func scan(sparing cache: CacheDirectory?) -> ScanResult {
    var options = ModuleScanner.Options(
      excludes: request.excludes, followLinks: request.followLinks, namesDirectories: request.namesDirectories,
      jobs: request.threads)
    if let cache { options.skippedDirectories.insert(cache.identity) }
    return ModuleScanner(options).scan(request.roots)
  }

  private func inspect(
    _ scan: ScanResult, _ indexes: RootIndexes, until isOver: @Sendable () -> Bool
  ) -> HashResult {
    var keeping = request.purpose.onlyLooks ? RetainedModules.none : request.keeping
    keeping.count = min(keeping.count, DescriptorBudget(lanes: request.lanes).keptModules)
    return HashStage(
      scan: scan, indexes: indexes, lanes: request.threads, largestModule: request.largestModule,
      avoidsWriters: request.avoidsWriters, keeping: keeping
    ).run(until: isOver)
  }

  /// - Returns: what to say with `-v`, if anything was done or could not be.
  private func makeRoom(
    in cache: CacheDirectory?, for plan: Plan, _ directories: [EngineDirectory?]
  ) -> String? {
    guard let cache, let limit = request.sizeLimit else { return nil }
    lazy var modules = Set(plan.contents.map(\.facts.hash))
    lazy var engines = Set(directories.compactMap { $0?.path.lastComponent?.string })
    var needed: (artifacts: Int, bytes: Int64) = (0, 0)
    do {
      let result = try cache.evictIfDue(size: limit, now: WallClock.now()) { victim, inventory in
        let own = victim.entries.count {
          modules.contains($0.module) && engines.contains(inventory.engines[$0.engine].directory)
        }
        needed.artifacts += own
        if own > 0 { needed.bytes += victim.size }
      }
      if needed.artifacts > 0, let result {
        let enough = ByteCount(Int(clamping: (result.size + needed.bytes) / 1000 * 1000 + 1000))
        observer.warned(
          "max-size \(ByteCount(Int(clamping: limit))) has no room for \(needed.artifacts) of this run's artifacts, "
            + "which have to be compiled again: raise it to \(enough)")
      }
      guard let result, result.freed > 0 else { return nil }
      return "\(result.freed) bytes of artifacts removed, \(result.size) are left of the \(limit) that may stay"
    } catch {
      return "\(error.path ?? cache.path): no room was made: \(error.complaint)"
    }
  }

  private func compile(
    _ plan: Plan, _ kept: consuming [WasmHash: LoadedModule], with engine: EngineFile, storingIn cache: CacheDirectory?,
    _ directories: [EngineDirectory], _ child: CompileChild?
  ) throws(PrecompileError) -> [JobOutcome] {
    guard let cache, !request.purpose.onlyLooks else { return [] }
    guard !plan.jobs.isEmpty else {
      // A writer may have died when everything was stored.
      cache.removeAbandonedFiles()
      return []
    }
    if plan.jobs.count > 1, let warning = request.laneWarning { observer.warned(warning) }
    let work: CompileStage
    do throws(CacheError) {
      work = try CompileStage(
        plan.jobs, kept: consume kept, engine: engine, directories: directories, publisher: Publisher(cache),
        request: request, cancellation: cancellation, observer: observer, child: child)
    } catch {
      throw .cache(error)
    }
    let outcomes: [JobOutcome]
    do { outcomes = try work.run() } catch { throw .cache(error) }
    if !work.missingConfinement.isEmpty { throw .engineUnusable(.unconfined(missing: work.missingConfinement)) }
    return outcomes
  }
}

/// Why a run could not be done at all.
package enum PrecompileError: Error, Sendable {
  case engineNotFound(EngineSearchError)
  case engineUnusable(EngineUnusable)
  case backendUnavailable(EngineSettings, EngineLocation, BackendUnavailable)
  case cache(CacheError)
}
