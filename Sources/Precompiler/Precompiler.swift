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
  /// How many modules are compiled at the same time.
  package var lanes: Int
  /// Seconds a module may take.
  package var timeout: Double = 120
  package var failFast = false
  package var force = false
  /// Only find out what would be compiled.
  package var dryRun = false
  package var program = WorkerProgram.thisExecutable

  package init(
    roots: [FilePath], settings: [EngineSettings], engines: EngineSearch, cachePath: FilePath, lanes: Int
  ) {
    self.roots = roots
    self.settings = settings
    self.engines = engines
    self.cachePath = cachePath
    self.lanes = max(1, lanes)
  }
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
    let (engine, identities) = try identifyEngines()
    let (cache, directories) = try openCache(identities)
    observer.prepared(
      engine: engine.location, identities: identities, cache: request.cachePath, lanes: request.lanes)
    let scan = scan(sparing: cache)
    let inspection = inspect(scan, directories)
    let plan = Plan(inspection.files, engineCount: identities.count, force: request.force)
    observer.planned(plan)
    let rejected = inspection.rejected + scan.problems.count { !$0.isWarning }
    // A file that gave no module is a failure like any other.
    let isOver = request.failFast && rejected > 0 && !request.dryRun
    let outcomes =
      isOver
      ? plan.jobs.map { JobOutcome(job: $0, result: .notDone) }
      : try compile(plan, with: engine, storingIn: cache, directories.compactMap { $0 })
    return RunSummary(
      plan: plan, outcomes: outcomes, engines: identities, directories: directories, rejected: rejected,
      emptyRoots: scan.emptyRoots.map { request.roots[$0] }, isDryRun: request.dryRun,
      nanoseconds: MonotonicInstant.now().nanoseconds(since: start))
  }

  private func identifyEngines() throws(PrecompileError) -> (EngineFile, [EngineIdentity]) {
    let engine: EngineFile
    do { engine = try request.engines.find() } catch { throw .engineNotFound(error) }
    var identities: [EngineIdentity] = []
    do {
      let probe = EngineProbe(engine, program: request.program, cancellation: cancellation)
      let results = try probe.identify(request.settings)
      for (settings, result) in zip(request.settings, results) {
        switch result {
        case .success(let identity): identities.append(identity)
        case .failure(let reason): throw PrecompileError.backendUnavailable(settings, engine.location, reason)
        }
      }
    } catch let error as PrecompileError {
      throw error
    } catch let error as EngineUnusable {
      throw .engineUnusable(error)
    } catch {
      throw .engineUnusable(.noChild(reason: "\(error)"))
    }
    return (engine, identities)
  }

  /// Without a cache, which only a dry run may leave as it is, everything is missing.
  private func openCache(
    _ identities: [EngineIdentity]
  ) throws(PrecompileError) -> (CacheDirectory?, [EngineDirectory?]) {
    do throws(CacheError) {
      let path = request.cachePath
      let opened = try request.dryRun ? CacheDirectory.existing(at: path) : CacheDirectory(making: path)
      guard let cache = opened else { return (nil, identities.map { _ in nil }) }
      var directories: [EngineDirectory?] = []
      for identity in identities { directories.append(try EngineDirectory(identity, in: cache)) }
      return (cache, directories)
    } catch {
      throw .cache(error)
    }
  }

  private func scan(sparing cache: CacheDirectory?) -> ScanResult {
    var options = ModuleScanner.Options(
      excludes: request.excludes, followLinks: request.followLinks, jobs: request.lanes)
    if let cache { options.skippedDirectories.insert(cache.identity) }
    return ModuleScanner(options).scan(request.roots)
  }

  private func inspect(
    _ scan: ScanResult, _ directories: [EngineDirectory?]
  ) -> (files: [InspectedFile], rejected: Int) {
    var files: [InspectedFile] = []
    var rejected = 0
    for problem in scan.problems { observer.noticed(problem) }
    let inspection = Inspection(directories: directories, lanes: request.lanes)
    for result in inspection.run(scan.map(\.path), cancellation: cancellation) {
      switch result {
      case .success(let file): files.append(file)
      case .failure(let file):
        rejected += 1
        observer.rejected(file)
      }
    }
    return (files, rejected)
  }

  private func compile(
    _ plan: Plan, with engine: EngineFile, storingIn cache: CacheDirectory?, _ directories: [EngineDirectory]
  ) throws(PrecompileError) -> [JobOutcome] {
    guard let cache, !request.dryRun, !plan.jobs.isEmpty else { return [] }
    do throws(CacheError) {
      let publisher = try Publisher(cache)
      let outcomes = try CompileWork(
        plan.jobs, engine: engine, program: request.program, directories: directories, publisher: publisher,
        lanes: request.lanes, timeout: request.timeout, failFast: request.failFast, cancellation: cancellation,
        observer: observer
      ).run()
      publisher.synchronize()
      return outcomes
    } catch {
      throw .cache(error)
    }
  }
}

/// Why a run could not be done at all.
package enum PrecompileError: Error, Sendable {
  case engineNotFound(EngineSearchError)
  case engineUnusable(EngineUnusable)
  case backendUnavailable(EngineSettings, EngineLocation, BackendUnavailable)
  case cache(CacheError)
}
