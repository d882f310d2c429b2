internal import Confinement
internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// One of the concurrent lanes that compile: takes jobs from the queue, drives one long-lived child, and publishes what
/// it made while the child compiles the next.
final class CompileLane {
  private let work: CompileStage
  /// Counted from 0.
  private let number: Int
  private let reader: ModuleReader
  private var worker: CompileChild?
  private let publishing: PublishingQueue

  init(_ work: CompileStage, number: Int) {
    self.work = work
    self.number = number
    reader = ModuleReader(limit: work.largestModule, avoidsWriters: work.avoidsWriters)
    publishing = PublishingQueue(work, lane: number)
  }

  /// Works until the queue is empty or stopped, and everything is published.
  func run() {
    var next = Next.another
    while !work.cancellation.isCancelled, next == .another {
      // A slot before a job, so that no job waits in a lane while another could have it.
      next = if let jobserver = work.jobserver { jobserver.withSlot(runNext) ?? .none } else { runNext() }
    }
    if next != .othersDo { work.jobserver?.stopWaiting() }
    if let worker {
      if let shelf = work.shelf, !work.cancellation.isCancelled {
        shelf.put(worker, from: work)
      } else {
        // It comes to its end while the last artifacts go to the disk.
        work.retire(worker)
      }
    }
    worker = nil
    publishing.finish()
  }

  /// What a lane is to do when it is done with a job.
  private enum Next {
    case another
    /// No job is left.
    case none
    /// There are more, and no process for this lane to do them with.
    case othersDo
  }

  private func runNext() -> Next {
    guard case .job(let job, let parallel, let isPostponed) = work.queue.next() else { return .none }
    do throws(ModuleFailure) {
      if try begin(job, parallel: parallel, mayWait: isPostponed) {
        work.queue.finished()
      } else {
        work.queue.postpone(job)
      }
    } catch {
      // Where the system grants no more processes, fewer lanes do the work.
      if case .compilerNotStarted = error, work.queue.giveBack(job) { return .othersDo }
      work.queue.finished()
      let isNoFaultOfIts =
        switch error {
        case .unconfined: true
        case .cache: false
        default: work.cancellation.isCancelled
        }
      work.finish(job, isNoFaultOfIts ? .notDone : .failed(error))
    }
    return .another
  }

  /// - Returns: false if another process is compiling the module.
  private func begin(_ job: Job, parallel: Bool, mayWait: Bool) throws(ModuleFailure) -> Bool {
    guard work.isWanted(job) else {
      work.finish(job, .notDone)
      return true
    }
    let writer = work.writers[job.engine]
    let module = job.content.facts.hash
    let claim: Claim?
    do {
      claim =
        mayWait
        ? try work.timings.measure(.wait, lane: number, job: job) { () throws(CacheError) in
          try waitForClaim(job, writer)
        } : try writer.tryClaim(module)
    } catch { throw .cache(error) }
    if claim == nil && !mayWait { return false }
    // Whoever had the claim may have published.
    if job.reason != .forced || mayWait, case .present(let size) = work.directories[job.engine].lookUp(module) {
      work.finish(job, .foundMeanwhile(size: size))
      return true
    }
    work.observer.began(job)
    let artifact = try compile(job, parallel: parallel)
    work.observer.storing(job)
    do { try publishing.publish(artifact, claim: claim, for: job) } catch { throw .cache(error) }
    return true
  }

  /// Waits for another process to publish or give up, though not for longer than a module may take: after that it is
  /// compiled here, too, which costs time but is never wrong.
  private func waitForClaim(_ job: Job, _ writer: EngineWriter) throws(CacheError) -> Claim? {
    let deadline = MonotonicInstant.now().adding(seconds: work.timeout)
    var pause: useconds_t = 1_000
    while MonotonicInstant.now() < deadline, !work.cancellation.isCancelled {
      if let claim = try writer.tryClaim(job.content.facts.hash) { return claim }
      // The kernel wakes nobody up with a deadline for these locks, so look again, ever less often.
      usleep(pause)
      pause = min(pause * 2, 100_000)
    }
    return nil
  }

  private func compile(_ job: Job, parallel: Bool) throws(ModuleFailure) -> CompiledArtifact {
    let module = try load(job)
    let deadline = MonotonicInstant.now().adding(seconds: work.timeout)
    do throws(ChildFailure) {
      let worker = try runningWorker()
      let artifact = try work.timings.measure(.compile, lane: number, job: job) { () throws(ChildFailure) in
        try worker.compile(
          module.contents, size: module.facts.size, as: module.facts.kind, settingsIndex: job.engine,
          threads: parallel ? work.lanes : 1, deadline: deadline)
      }
      // What an engine would not load is no artifact of its, whatever the child says.
      let record = CompatibilityRecord(artifact: artifact.contents.bytes)
      guard record == work.directories[job.engine].identity.compatibility else {
        throw .protocolViolation("an artifact that is not its engine's")
      }
      guard work.engine.isUnchanged else { throw Self.replacedEngine }
      return artifact
    } catch {
      // Only a refusal leaves a child that can be used again.
      if case .engine = error {
      } else {
        // Here and now, whoever else knows of it: thousands of modules may each end their child.
        worker?.kill()
        worker = nil
      }
      if case .unconfined(let missing) = error { work.abandon(becauseOf: missing) }
      throw ModuleFailure(
        error, by: work.directories[job.engine].identity, timeout: work.timeout, limits: work.confinement.limits)
    }
  }

  /// What was hashed is what is compiled: the very bytes where they were kept, otherwise read again from whichever of the
  /// module's files still has them.
  private func load(_ job: Job) throws(ModuleFailure) -> LoadedModule {
    if let module = work.takeModule(of: job) { return module }
    var failure = ModuleFailure.changedWhileRead
    for path in job.content.paths {
      do throws(ModuleFailure) {
        let module = try reader.load(path)
        if module.facts == job.content.facts { return module }
      } catch {
        failure = error
      }
    }
    throw failure
  }

  private static let replacedEngine = ChildFailure.protocolViolation(
    "another account of its engine than before: the library was replaced meanwhile, run again")

  /// The lane's child, started when there is none.
  private func runningWorker() throws(ChildFailure) -> CompileChild {
    if let worker = self.worker ?? work.takeChild() {
      self.worker = worker
      return worker
    }
    let worker = try work.timings.measure(.start, lane: number) { () throws(ChildFailure) in try startWorker() }
    self.worker = worker
    return worker
  }

  private func startWorker() throws(ChildFailure) -> CompileChild {
    let worker = try CompileChild.start(work.program, work.confinement, cancellation: work.cancellation)
    let (records, confinement) = try worker.prepare(
      work.engine, settings: work.directories.map(\.identity.settings), threads: work.lanes,
      deadline: .now().adding(seconds: work.timeout))
    if !confinement.missing.isEmpty { work.observer.unconfined(missing: confinement.missing) }
    // The same library must say the same of itself, and its file must be the same: releases that record only their major
    // version say the same of different builds, and artifacts would land under the wrong identity.
    guard records == work.identities.map({ .success($0.compatibility) }), work.engine.isUnchanged else {
      throw Self.replacedEngine
    }
    return worker
  }
}
