internal import LinuxIO
internal import Synchronization
internal import WasmCache
internal import WasmEngine

/// The stages *compile* and *store*: a plan's jobs on concurrent lanes.
final class CompileWork: Sendable {
  let engine: EngineFile
  let program: WorkerProgram
  let confinement: ConfinementPolicy
  /// For each engine identity of the plan, its part of the cache to look in and to write to.
  let directories: [EngineDirectory]
  let writers: [EngineWriter]
  private let publisher: Publisher
  let lanes: Int
  /// Seconds a module may take.
  let timeout: Double
  /// Bytes.
  let largestModule: Int
  let avoidsWriters: Bool
  let queue: JobQueue
  /// The modules that were kept when they were hashed, and how many jobs they are kept for.
  private let kept: Mutex<[WasmHash: (module: LoadedModule, jobs: Int)]>
  let cancellation: Cancellation
  let observer: any RunObserver
  let timings: RunTimings?
  let shelf: WorkerShelf?
  let jobserver: Jobserver?
  let isWanted: @Sendable (Job) -> Bool
  private let failFast: Bool
  private let spare: Mutex<CompileWorker?>
  private let outcomes = Mutex<[JobOutcome]>([])
  private let lacking = Mutex<[String]>([])
  private let retired = Mutex<[CompileWorker]>([])

  /// - Parameter child: one that was prepared for these engines already.
  init(
    _ jobs: [Job], kept: [WasmHash: LoadedModule], engine: EngineFile, directories: [EngineDirectory],
    publisher: Publisher, request: PrecompileRequest, cancellation: Cancellation, observer: any RunObserver,
    child: CompileWorker? = nil
  ) throws(CacheError) {
    self.kept = Mutex(kept.mapValues { ($0, directories.count) })
    self.engine = engine
    self.directories = directories
    program = request.program
    confinement = request.confinement
    var writers: [EngineWriter] = []
    for directory in directories { writers.append(try EngineWriter(directory, publisher)) }
    self.writers = writers
    self.publisher = publisher
    lanes = request.lanes
    timeout = request.timeout
    largestModule = request.largestModule
    avoidsWriters = request.avoidsWriters
    failFast = request.failFast
    timings = request.timings
    shelf = request.shelf
    jobserver = request.jobserver
    isWanted = request.isWanted
    // The engine's own threads would run without a slot.
    queue = JobQueue(jobs, lanes: request.jobserver == nil ? request.lanes : 1)
    self.cancellation = cancellation
    self.observer = observer
    spare = Mutex(child)
  }

  var identities: [EngineIdentity] { directories.map(\.identity) }

  /// Compiles everything, and returns when all of it is stored or has failed.
  func run() throws(CacheError) -> [JobOutcome] {
    defer { retired.withLock { $0 = [] } }
    let description = Mutex<Result<Void, CacheError>>(.success(()))
    let describing = SerialThread()
    describing.run { description.withLock { $0 = self.describe() } }
    Threads.run(min(lanes, max(1, queue.leftOver.count))) { CompileLane(self, number: $0).run() }
    describing.finish()
    // Objects before the entries that name them.
    try timings.measure(.synchronize) { () throws(CacheError) in
      try publisher.synchronize()
      for writer in writers { try writer.synchronize() }
    }
    try description.withLock { $0 }.get()
    let notBegun = queue.leftOver.map { JobOutcome(job: $0, result: .notDone) }
    return outcomes.withLock { $0 } + notBegun
  }

  private func describe() -> Result<Void, CacheError> {
    Result { () throws(CacheError) in for writer in writers { try writer.describe() } }
  }

  /// What the kernel lacks where it cannot confine compilers as required; nothing is compiled then.
  var missingConfinement: [String] { lacking.withLock { $0 } }

  func abandon(becauseOf missing: [String]) {
    lacking.withLock { $0 = missing }
    queue.stop()
  }

  /// A child that is ready for these engines, if there is one left.
  func takeChild() -> CompileWorker? {
    let spare = spare.withLock { spare in
      defer { spare = nil }
      return spare
    }
    return spare ?? shelf?.take(for: self)
  }

  /// Ends a child, which is waited for when the run ends: giving its memory back takes a while.
  func retire(_ worker: CompileWorker) {
    worker.kill()
    retired.withLock { $0.append(worker) }
  }

  /// What was kept of a job's module, for the last time if no other engine wants it.
  func takeModule(of job: Job) -> LoadedModule? {
    kept.withLock { kept in
      guard let (module, jobs) = kept[job.content.facts.hash] else { return nil }
      kept[job.content.facts.hash] = jobs > 1 ? (module, jobs - 1) : nil
      return module
    }
  }

  func finish(_ job: Job, _ result: JobOutcome.Result) {
    let outcome = JobOutcome(job: job, result: result)
    outcomes.withLock { $0.append(outcome) }
    if failFast, case .failed = result { queue.stop() }
    observer.finished(outcome)
  }
}
