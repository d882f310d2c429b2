internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// One of the concurrent lanes that compile. A lane takes jobs from the queue and drives one compiler's session. It
/// publishes each artifact while the session compiles the next module.
final class CompileLane {
  private let work: LaneWork
  /// The lane's number, from 0.
  private let number: Int
  private let reader: ModuleReader
  private var compiler: (session: any CompileSession, toolchain: any Toolchain, origin: ModuleOrigin)?
  /// The threads that its job was given.
  private var threads = 1
  private let publishing: PublishingQueue
  /// Whether it does what workers of another machine could do, if these are used.
  private let takesAny: Bool

  init(_ work: LaneWork, number: Int) {
    self.work = work
    self.number = number
    reader = ModuleReader(limit: work.limits.largestModule, avoidsWriters: work.avoidsWriters)
    publishing = PublishingQueue(work, lane: number)
    takesAny = number < work.remote?.execution?.localLanes ?? .max
  }

  /// Works until the queue is empty or stopped, and everything is published.
  func run() {
    var next = Next.another
    while !work.cancellation.isCancelled {
      switch next {
      case .another:
        // The slot is taken before a job, so that no job waits in a lane while another could have it.
        next = withSlot(runNext) ?? .none
        continue
      case .afterClaim(let job):
        // Another process compiles it. Another job may have our slot meanwhile.
        next = runAfterClaim(job)
        continue
      case .afterAnswer:
        work.timings.measure(.await, lane: number) { work.queue.waitForAnswer(any: takesAny) }
        next = .another
        continue
      case .none, .othersDo: break
      }
      break
    }
    // Others may wait for the end of a job that this lane has put back, and that nobody takes any more.
    if work.cancellation.isCancelled { work.queue.stop() }
    // The run was cancelled just when this lane was about to wait.
    if case .afterClaim(let job) = next { _ = finish(job, .notDone) }
    if work.queue.isDrained { work.policy.jobserver?.stopWaiting() }
    // The session comes to its end while the last artifacts go to the disk.
    if let compiler { work.retire(compiler.session, of: compiler.toolchain) }
    compiler = nil
    publishing.finish()
  }

  /// The lane's next step after a job.
  private enum Next {
    case another
    /// Another process has this job's claim, and no other job is left to be done meanwhile.
    case afterClaim(Job)
    /// A store on another machine has not said yet of any job left whether it has to be compiled.
    case afterAnswer
    /// No job is left.
    case none
    /// Jobs are left, and this lane has no process to do them with.
    case othersDo
  }

  /// - Returns: nil if there is nothing left to wait for a slot for.
  private func withSlot(_ body: () -> Next) -> Next? {
    if let jobserver = work.policy.jobserver { jobserver.withSlot(body) } else { body() }
  }

  private func runNext() -> Next {
    switch work.queue.next(any: takesAny) {
    case .done: return .none
    case .wait: return .afterAnswer
    case .job(let job, let threads, let isPostponed):
      self.threads = threads
      return isPostponed ? .afterClaim(job) : run(job)
    }
  }

  private func run(_ job: Job) -> Next {
    run(job) { () throws(ModuleFailure) in
      guard work.policy.isWanted(job) else { return finish(job, .notDone) }
      guard let claim = try claim(job) else {
        work.queue.postpone(job, threads: threads)
        return .another
      }
      return try compile(job, claim, looks: job.reason != .forced)
    }
  }

  /// Waits without a slot until the claim's holder publishes or gives up, and then does the job with a slot.
  private func runAfterClaim(_ job: Job) -> Next {
    let claim: Claim?
    do throws(CacheError) {
      claim = try work.timings.measure(.wait, lane: number, job: job) { () throws(CacheError) in
        try waitForClaim(job)
      }
    } catch {
      return finish(job, .failed(.cache(error)))
    }
    // A class holds the claim, because closures take no single owners.
    let held = HeldClaim(claim)
    let next = withSlot {
      run(job) { () throws(ModuleFailure) in
        guard work.policy.isWanted(job) else { return finish(job, .notDone) }
        return try compile(job, held.take(), looks: true)
      }
    }
    return next ?? finish(job, .notDone)
  }

  private final class HeldClaim {
    private var claim: Claim?

    init(_ claim: consuming Claim?) { self.claim = consume claim }

    func take() -> Claim? { claim.take() }
  }

  /// Does one job, and reports the failure if it fails.
  private func run(_ job: Job, _ body: () throws(ModuleFailure) -> Next) -> Next {
    do throws(ModuleFailure) { return try body() } catch {
      // Where the system grants no more processes, fewer lanes do the work.
      if case .compilerNotStarted = error, work.queue.giveBack(job, threads: threads) { return .othersDo }
      let isNoFaultOfIts =
        switch error {
        case .unconfined, .cancelled: true
        case .cache: false
        default: work.cancellation.isCancelled
        }
      if isNoFaultOfIts { return finish(job, .notDone) }
      return finish(job, .failed(error), alternative: work.alternative(for: job, after: error) { try? load(job) })
    }
  }

  private func finish(
    _ job: Job, _ result: JobOutcome.Result, artifact: ArtifactDigest? = nil, alternative: Backend? = nil
  ) -> Next {
    work.queue.finished(threads: threads)
    work.finish(job, result, artifact: artifact, alternative: alternative)
    return .another
  }

  // MARK: Claims

  private func claim(_ job: Job) throws(ModuleFailure) -> Claim? {
    do { return try job.target.writer?.tryClaim(job.content.facts.hash) } catch { throw .cache(error) }
  }

  /// Waits for another process to publish or give up, though not for longer than a module may take. After that the
  /// module is compiled here, too, which costs time but is never wrong.
  private func waitForClaim(_ job: Job) throws(CacheError) -> Claim? {
    let deadline = MonotonicInstant.now().adding(seconds: work.limits.timeout)
    var pause: useconds_t = 1_000
    while MonotonicInstant.now() < deadline, !work.cancellation.isCancelled, !work.queue.isStopped {
      if let claim = try job.target.writer?.tryClaim(job.content.facts.hash) { return claim }
      // The kernel wakes nobody up with a deadline for these locks, so look again, ever less often.
      usleep(pause)
      pause = min(pause * 2, 100_000)
    }
    return nil
  }

  // MARK: Compiling

  /// - Parameters:
  ///   - claim: nil if another process has had it for so long that waiting is of no use.
  ///   - looks: whether an earlier holder of the claim may have published.
  private func compile(
    _ job: Job, _ claim: consuming Claim?, looks: Bool
  ) throws(ModuleFailure) -> Next {
    if work.queue.isStopped || work.cancellation.isCancelled { return finish(job, .notDone) }
    if looks, case .present(let size)? = job.target.directory?.lookUp(job.content.facts.hash) {
      return finish(job, .foundMeanwhile(size: size))
    }
    if looks, job.reason != .forced, let adopted = try adopt(job) {
      return finish(job, .shared(size: adopted.size), artifact: adopted.digest)
    }
    work.observer.record(.began(job))
    let artifact = try compile(job)
    work.observer.record(.storing(job))
    let origin = PublishingQueue.Origin.compiled(nanoseconds: artifact.nanoseconds)
    do { try publishing.publish(artifact.contents, origin, claim: claim, for: job) } catch { throw .cache(error) }
    work.queue.finished(threads: threads)
    return .another
  }

  private func adopt(_ job: Job) throws(ModuleFailure) -> AdoptedArtifact? {
    do { return try work.adopt(job) } catch { throw .cache(error) }
  }

  private func compile(_ job: Job) throws(ModuleFailure) -> CompiledArtifact {
    let module = try load(job)
    let threads: Int
    switch job.target.toolchain.cores {
    case .one: threads = 1
    case .onRequest: threads = self.threads
    case .all:
      let processors = work.policy.processors ?? AvailableProcessors.count()
      return try work.machine.use(processors, work.policy.jobserver) { (threads) throws(ModuleFailure) in
        try compile(module, job, threads: threads)
      }
    }
    do throws(ModuleFailure) {
      return try compile(module, job, threads: threads)
    } catch {
      // The system grants no more threads. One is there.
      if threads > 1, error.isLackOfThreads { return try compile(module, job, threads: 1) }
      // Another lane still finds the module if no compiler can be started for this one.
      if case .compilerNotStarted = error { work.putBack(module, of: job) }
      throw error
    }
  }

  private func compile(_ module: LoadedModule, _ job: Job, threads: Int) throws(ModuleFailure) -> CompiledArtifact {
    do throws(ModuleFailure) {
      let session = try session(for: job, module, threads: threads)
      let deadline = MonotonicInstant.now().adding(seconds: work.limits.timeout)
      let artifact = try work.timings.measure(.compile, lane: number, job: job) { () throws(ModuleFailure) in
        try session.compile(
          module, wish: job.target.wish, threads: threads, deadline: deadline, timeout: work.limits.timeout)
      }
      // The engine would not load this: it is no artifact of the engine's, whatever the compiler says.
      guard job.target.judge.accepts(artifact.contents.bytes) else {
        session.end()
        throw .foreignArtifact
      }
      return artifact
    } catch {
      // The session is dropped at once, though others may hold it: thousands of modules may each end their session.
      if let compiler, !compiler.session.isUsable { self.compiler = nil }
      if case .unconfined(let missing) = error { work.abandon(becauseOf: missing) }
      throw error
    }
  }

  private func load(_ job: Job) throws(ModuleFailure) -> LoadedModule { try work.load(job, with: reader) }

  /// Bytes of a module for which it pays to start another compiler that has more threads.
  private static let manyThreadsFrom = 1 << 19

  /// The lane's session with the compiler of a job's target, opened where there is none that is good for the module.
  private func session(for job: Job, _ module: LoadedModule, threads: Int) throws(ModuleFailure) -> any CompileSession {
    let target = job.target
    let origin = work.origin(of: job, module)
    if let compiler {
      let hasTooFew =
        module.facts.size >= Self.manyThreadsFrom && compiler.session.mostThreads.map { $0 < threads } ?? false
      if compiler.toolchain === target.toolchain, compiler.origin == origin, compiler.session.isUsable, !hasTooFew {
        return compiler.session
      }
      work.retire(compiler.session, of: compiler.toolchain)
      self.compiler = nil
    }
    let session = try work.open(target, origin, lane: number)
    compiler = (session, target.toolchain, origin)
    return session
  }
}
