internal import LinuxIO
internal import Scanning
internal import WasmCache
internal import WasmEngine

/// A run: makes an artifact of every module for every target.
///
///     open caches → scan → hash → look up → fetch → compile and store → remember
///
/// Compilers are asked what they are while files are found and hashed, unless the catalog remembers. Each stage is a value
/// that takes what it needs and gives what it found; `run` names each once. The catalog is asked on the way and told once,
/// at the end: the cache is right without it. What comes after the last consumer of the artifacts, ``EvictionStage``, is
/// its caller's.
package struct Precompiler {
  private let request: PrecompileRequest
  private let toolchains: [any Toolchain]
  private let observer: any RunObserver
  private let cancellation: Cancellation

  /// - Parameter toolchains: the compilers. Each wish of theirs is a target, in this order.
  package init(
    _ request: PrecompileRequest, with toolchains: [any Toolchain], observer: any RunObserver,
    cancellation: Cancellation
  ) {
    self.request = request
    self.toolchains = toolchains
    self.observer = observer
    self.cancellation = cancellation
  }

  package func run() throws(PrecompileError) -> RunSummary {
    let start = MonotonicInstant.now()
    defer { for toolchain in toolchains { toolchain.finish() } }
    let timings = request.timings
    let caches = try CacheStage(places: request.caches, onlyLooks: onlyLooks, fetches: remoteUse != nil).run(observer)
    let remote = remoteUse.map { RemoteDealings($0, request, observer, cancellation) }
    var catalog = RunCatalog(caches.own, isReadOnly: onlyLooks)
    let compilers = CompilerResolution(toolchains, catalog, lanes: request.work.lanes)
    // Under a jobserver, one job is paid for, so one thing is done after the other.
    if request.work.jobserver != nil { _ = try resolve(compilers, &catalog) }
    let (scan, indexes) = timings.measure(.scan) { self.scan(caches, catalog) }
    var hashed = timings.measure(.hash) { hash(scan, indexes, until: compilers.hasFailed) }
    let targets = targets(try resolve(compilers, &catalog), caches)
    tell(scan, hashed, targets, caches)
    remember(hashed, scan, indexes, in: &catalog)
    let contents = hashed.contents(of: scan, indexes)
    var lookups = try timings.measure(.lookUp) { () throws(PrecompileError) in
      try lookUp(contents, targets, caches, catalog)
    }
    let refused = timings.measure(.fetch) { fetch(contents, targets, caches, &lookups) }
    var plan = Plan(contents, targets, lookups, force: request.work.force)
    observer.record(.planned(plan))
    let outcomes = try compile(plan, hashed.takeRetained(), targets, caches, remote, unless: isOver(scan, hashed))
    if let remote, remote.tally.refused > 0 { plan.judge(remote.judged) }
    timings.measure(.remember) { remember(plan, outcomes, targets, lookups, caches, remote?.tally, in: &catalog) }
    return summary(scan, hashed, plan, outcomes, targets, caches, refused: refused, remote?.tally, since: start)
  }

  private var onlyLooks: Bool { request.purpose.onlyLooks }
  private var remoteUse: RemoteUse? { request.purpose.fetches ? request.remote : nil }
  private var threads: Int { request.work.threads }

  // MARK: The stages

  private func resolve(
    _ compilers: CompilerResolution, _ catalog: inout RunCatalog
  ) throws(PrecompileError) -> [[ArtifactIdentity]] {
    try request.timings.measure(.engine) { () throws(PrecompileError) in try compilers.wait(&catalog, observer) }
  }

  private func scan(_ caches: OpenCaches, _ catalog: RunCatalog) -> (ScanResult, RootIndexes) {
    let memory = catalog.memory(of: request.input, ignoring: request.work.rehash)
    let stage = ScanStage(input: request.input, caches: caches, lanes: threads, meanwhile: memory.readDirectories)
    let scan = stage.run()
    return (scan, memory.indexes(of: scan))
  }

  private func hash(
    _ scan: ScanResult, _ indexes: RootIndexes, until hasFailed: @escaping @Sendable () -> Bool
  ) -> HashResult {
    var retained = onlyLooks ? RetainedModules.none : request.limits.retained
    retained.count = min(retained.count, DescriptorBudget(lanes: request.work.lanes).retainedModules)
    let stage = HashStage(
      scan: scan, indexes: indexes, lanes: threads, largestModule: request.limits.largestModule,
      avoidsWriters: request.input.avoidsWriters, retained: retained)
    return stage.run { cancellation.isCancelled || hasFailed() }
  }

  private func targets(_ identities: [[ArtifactIdentity]], _ caches: OpenCaches) -> [CompileTarget] {
    // Two hosts may turn out to be good for the same artifacts.
    var wishes: [(toolchain: Int, wish: Int, hosts: [String])] = []
    for (number, toolchain) in toolchains.enumerated() {
      for (wish, identity) in identities[number].enumerated() {
        let hosts = toolchain.hosts(of: wish)
        if let known = wishes.firstIndex(where: { identities[$0.toolchain][$0.wish].digest == identity.digest }) {
          wishes[known].hosts += hosts
        } else {
          wishes.append((number, wish, hosts))
        }
      }
    }
    return wishes.enumerated().map { order, one in
      CompileTarget(
        toolchains[one.toolchain], wish: one.wish, identity: identities[one.toolchain][one.wish], order: order,
        caches: caches, among: identities[one.toolchain], for: one.hosts, namesCompiler: toolchains.count > 1)
    }
  }

  private func tell(_ scan: ScanResult, _ hashed: HashResult, _ targets: [CompileTarget], _ caches: OpenCaches) {
    observer.record(
      .prepared(
        RunPreparation(
          targets: targets, cache: request.caches.path, lowerCaches: caches.lower.map(\.path),
          lanes: request.work.lanes, remote: remoteUse?.store.name)))
    if let note = remoteUse?.note { observer.record(.noted(note)) }
    if targets.contains(where: \.identity.backend.isNative) {
      for cache in caches.all where !cache.allowsExecution { observer.record(.noexec(cache.path)) }
    }
    for problem in scan.problems { observer.record(.noticed(problem)) }
    for file in hashed.failures { observer.record(.rejected(file)) }
  }

  private func lookUp(
    _ contents: [ModuleContent], _ targets: [CompileTarget], _ caches: OpenCaches, _ catalog: RunCatalog
  ) throws(PrecompileError) -> [TargetLookups] {
    let stage = LookUpStage(
      contents: contents, targets: targets, caches: caches, lanes: threads, looksAtEach: request.work.rehash,
      verifies: request.work.verify)
    do { return try stage.run(catalog) } catch { throw .cache(error) }
  }

  /// - Returns: how many artifacts were found that are not used because no trusted key has signed them.
  private func fetch(
    _ contents: [ModuleContent], _ targets: [CompileTarget], _ caches: OpenCaches, _ lookups: inout [TargetLookups]
  ) -> Int {
    if caches.lower.isEmpty { return 0 }
    let known = LoadingCatalog(of: caches.own, isWritable: !onlyLooks)
    defer { known.flush() }
    let stores = caches.lower.enumerated().map { LowerCache(cache: $1, number: $0, catalog: known, lanes: threads) }
    let stage = FetchStage(contents: contents, targets: targets, stores: stores)
    let troubles = stage.run(&lookups)
    for trouble in troubles {
      targets[trouble.target].refuse(trouble.content.facts.hash, fromLowerCache: trouble.store)
    }
    for (store, told) in FetchReport(troubles, lookups, onlyLooks: onlyLooks).troubles {
      let place = if case .unusable(let error) = told { error.path } else { FilePath?.none }
      observer.record(.lowerCacheTrouble(place ?? caches.lower[store].path, told))
    }
    return troubles.count { if case .refused = $0.what { true } else { false } }
  }

  private func compile(
    _ plan: Plan, _ retained: consuming [WasmHash: LoadedModule], _ targets: [CompileTarget], _ caches: OpenCaches,
    _ remote: RemoteDealings?, unless isOver: Bool
  ) throws(PrecompileError) -> [JobOutcome] {
    if isOver { return plan.jobs.map { JobOutcome(job: $0, result: .notDone) } }
    guard let cache = caches.own, !onlyLooks || remote != nil else { return [] }
    guard !plan.jobs.isEmpty else {
      // A writer may have died when everything was stored.
      if !onlyLooks { cache.removeAbandonedFiles() }
      return []
    }
    if plan.jobs.count > 1, !onlyLooks, let warning = request.work.laneWarning { observer.record(.warned(warning)) }
    let wanted = Set(plan.jobs.map { ObjectIdentifier($0.target) })
    let work = LaneWork(plan.jobs, retained: consume retained, request, remote, cancellation, observer)
    let stage: CompileStage
    do throws(CacheError) {
      stage = try CompileStage(work, targets.filter { wanted.contains(ObjectIdentifier($0)) }, storingIn: cache)
    } catch {
      guard onlyLooks else { throw .cache(error) }
      // The cache may be root's, or on a file system that is only read.
      observer.record(.warned("nothing is fetched: \(error.path ?? cache.path): \(error.complaint)"))
      return []
    }
    return try stage.run(compiles: !onlyLooks)
  }

  // MARK: The catalog

  private func remember(
    _ hashed: HashResult, _ scan: ScanResult, _ indexes: RootIndexes, in catalog: inout RunCatalog
  ) {
    // Files are known to be gone only if everything was looked at.
    let isWhole =
      scan.problems.isEmpty && request.input.excludes.isEmpty && !cancellation.isCancelled && hashed.failures.isEmpty
    catalog.remember(hashed, scan, indexes, isWhole: isWhole)
  }

  private func remember(
    _ plan: Plan, _ outcomes: [JobOutcome], _ targets: [CompileTarget], _ lookups: [TargetLookups],
    _ caches: OpenCaches, _ remote: RemoteTally?, in catalog: inout RunCatalog
  ) {
    catalog.remember(plan, outcomes, remote)
    var notes = [catalog.note]
    if !onlyLooks {
      catalog.remember(lookUpAgain(plan, outcomes, targets, caches, catalog) ?? lookups)
      catalog.recordUses(of: plan, targets, lookups)
      notes.append(catalog.commit())
    }
    for case let note? in notes { observer.record(.noted(note)) }
  }

  /// Looks at all entries once more where many of them are new, so that the next run finds the directories in a known state.
  /// It would look at each entry otherwise, ten times as long as a run takes that looks at none.
  private func lookUpAgain(
    _ plan: Plan, _ outcomes: [JobOutcome], _ targets: [CompileTarget], _ caches: OpenCaches, _ catalog: RunCatalog
  ) -> [TargetLookups]? {
    let made = outcomes.count(where: \.isNew)
    let areMany = made >= plan.contents.count / 8 && plan.contents.count >= TargetLookups.fewest
    guard areMany, made == outcomes.count, caches.lower.isEmpty, StampClock.waitForTick() else { return nil }
    return try? LookUpStage(contents: plan.contents, targets: targets, caches: caches, lanes: threads).run(catalog)
  }

  // MARK: The summary

  /// A file that gave no module is a failure like any other.
  private func isOver(_ scan: ScanResult, _ hashed: HashResult) -> Bool {
    request.work.failFast && !onlyLooks && (!hashed.failures.isEmpty || scan.problems.contains { !$0.isWarning })
  }

  private func summary(
    _ scan: ScanResult, _ hashed: HashResult, _ plan: Plan, _ outcomes: [JobOutcome], _ targets: [CompileTarget],
    _ caches: OpenCaches, refused: Int, _ remote: RemoteTally?, since start: MonotonicInstant
  ) -> RunSummary {
    let notModules = hashed.failures.count { if case .notWebAssembly = $0.failure { true } else { false } }
    return RunSummary(
      scannedDirectories: scan.directories, plan: plan, outcomes: outcomes, targets: targets, caches: caches,
      notModules: notModules,
      unreadable: hashed.failures.count - notModules + scan.problems.count { !$0.isWarning },
      rejected: hashed.failures, emptyRoots: scan.emptyRoots.map { request.input.roots[$0] }, purpose: request.purpose,
      refusedOfLowerCaches: refused,
      remote: remote,
      nanoseconds: MonotonicInstant.now().nanoseconds(since: start))
  }
}
