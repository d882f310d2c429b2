internal import Dispatch
internal import Synchronization
internal import WasmCache
internal import WasmEngine

/// The stages *compile* and *store*: a plan's jobs on concurrent lanes.
final class CompileWork: Sendable {
  let engine: EngineFile
  let program: WorkerProgram
  /// For each engine identity of the plan, its part of the cache to look in and to write to.
  let directories: [EngineDirectory]
  let writers: [EngineWriter]
  let lanes: Int
  /// Seconds a module may take.
  let timeout: Double
  let queue: JobQueue
  let cancellation: Cancellation
  let observer: any RunObserver
  private let failFast: Bool
  private let outcomes = Mutex<[JobOutcome]>([])

  init(
    _ jobs: [Job], engine: EngineFile, program: WorkerProgram, directories: [EngineDirectory], publisher: Publisher,
    lanes: Int, timeout: Double, failFast: Bool, cancellation: Cancellation, observer: any RunObserver
  ) throws(CacheError) {
    self.engine = engine
    self.program = program
    self.directories = directories
    var writers: [EngineWriter] = []
    for directory in directories { writers.append(try EngineWriter(directory, publisher)) }
    self.writers = writers
    self.lanes = lanes
    self.timeout = timeout
    self.failFast = failFast
    queue = JobQueue(jobs, lanes: lanes)
    self.cancellation = cancellation
    self.observer = observer
  }

  /// Compiles everything, and returns when all of it is stored or has failed.
  func run() -> [JobOutcome] {
    let group = DispatchGroup()
    for lane in 0..<min(lanes, max(1, queue.leftOver.count)) {
      // A serial queue each has a thread each, even while all of them wait for their children.
      DispatchQueue(label: "lane \(lane)").async(group: group) { CompileLane(self).run() }
    }
    group.wait()
    for writer in writers { writer.synchronize() }
    let notBegun = queue.leftOver.map { JobOutcome(job: $0, result: .notDone) }
    return outcomes.withLock { $0 } + notBegun
  }

  func finish(_ job: Job, _ result: JobOutcome.Result) {
    let outcome = JobOutcome(job: job, result: result)
    outcomes.withLock { $0.append(outcome) }
    if failFast, case .failed = result { queue.stop() }
    observer.finished(outcome)
  }
}
