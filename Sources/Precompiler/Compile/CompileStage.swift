internal import LinuxIO
internal import Synchronization
internal import WasmCache
internal import WasmEngine

/// The stages *compile* and *store*: a plan's jobs on concurrent lanes.
final class CompileStage: Sendable {
  let engine: EngineFile
  let program: ChildProgram
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
  let shelf: IdleChildren?
  let jobserver: Jobserver?
  let isWanted: @Sendable (Job) -> Bool
  /// How many artifacts a lane may have open on their way into the cache.
  let largestBatch: Int
  let failFast: Bool
  private let spare: Mutex<CompileChild?>
  private let outcomes = Mutex<[JobOutcome]>([])
  private let lacking = Mutex<[String]>([])
  private let retired = Mutex<[CompileChild]>([])

  /// - Parameter child: one that was prepared for these engines already.
  init(
    _ jobs: [Job], kept: consuming [WasmHash: LoadedModule], engine: EngineFile, directories: [EngineDirectory],
    publisher: Publisher, request: PrecompileRequest, cancellation: Cancellation, observer: any RunObserver,
    child: CompileChild? = nil
  ) throws(CacheError) {
    var wanted: [WasmHash: (module: LoadedModule, jobs: Int)] = [:]
    for job in jobs {
      let hash = job.content.facts.hash
      if let module = kept[hash] { wanted[hash] = (module, 1 + (wanted[hash]?.jobs ?? 0)) }
    }
    self.kept = Mutex(wanted)
    let room = DescriptorBudget(lanes: request.lanes)
    largestBatch = room.artifactsPerLane
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
    Threads.run(min(lanes, max(1, queue.leftOver.count))) { CompileLane(self, number: $0).run() }
    // Objects before the entries that name them.
    try timings.measure(.synchronize) { () throws(CacheError) in
      try publisher.synchronize()
      for writer in writers { try writer.synchronize() }
    }
    let notBegun = queue.leftOver.map { JobOutcome(job: $0, result: .notDone) }
    return outcomes.withLock { $0 } + notBegun
  }

  /// What the kernel lacks where it cannot confine compilers as required; nothing is compiled then.
  var missingConfinement: [String] { lacking.withLock { $0 } }

  func abandon(becauseOf missing: [String]) {
    lacking.withLock { $0 = missing }
    queue.stop()
  }

  /// A child that is ready for these engines, if there is one left.
  func takeChild() -> CompileChild? {
    let spare = spare.withLock { spare in
      defer { spare = nil }
      return spare
    }
    return spare ?? shelf?.take(for: self)
  }

  /// Ends a child, which is waited for when the run ends: giving its memory back takes a while.
  func retire(_ worker: CompileChild) {
    worker.kill()
    retired.withLock { $0.append(worker) }
  }

  /// What was kept of a job's module, and is kept no longer if no other job wants it.
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
