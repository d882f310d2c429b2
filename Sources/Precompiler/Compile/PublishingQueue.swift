internal import Dispatch
internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// Publishes a lane's artifacts in order on a thread of its own, so that the lane compiles while the disk is waited for.
///
/// An artifact that was written waits a moment for others: by then most of it is on the disk, and one commit of the file
/// system's journal serves all of them. Small modules are compiled faster than a disk syncs.
final class PublishingQueue: Sendable {
  private let work: LaneWork
  private let lane: Int
  private let thread = SerialThread()
  private let waiting = Mutex<[CompiledJob]>([])
  /// One place for each artifact that may be open.
  private let places: DispatchSemaphore

  /// How many seconds an artifact waits for others: longer than small modules take, shorter than anyone notices.
  private static let patience = 0.05

  init(_ work: LaneWork, lane: Int) {
    self.work = work
    self.lane = lane
    places = DispatchSemaphore(value: work.largestBatch)
  }

  /// Writes the artifact, waiting while too many are on their way, and leaves the rest to the thread.
  func publish(_ artifact: consuming CompiledArtifact, claim: consuming Claim?, for job: Job) throws(CacheError) {
    places.wait()
    let written: WrittenArtifact
    do throws(CacheError) {
      written = try work.timings.measure(.store, lane: lane, job: job) { () throws(CacheError) in
        try job.openedWriter.write(artifact.contents.bytes)
      }
    } catch {
      places.signal()
      throw error
    }
    let compiled = CompiledJob(job, written, claim, nanoseconds: artifact.nanoseconds)
    let count = waiting.withLock { waiting in
      waiting.append(compiled)
      return waiting.count
    }
    // With --fail-fast, whether it can be published decides about what comes next.
    if count >= (work.largestBatch + 1) / 2 || work.policy.failFast {
      thread.run { self.publishAllThatWait() }
    } else if count == 1 {
      thread.run(at: .now().adding(seconds: Self.patience)) { self.publishAllThatWait() }
    }
  }

  /// Waits until everything is published; nothing may come after that.
  func finish() { thread.finish() }

  private func publishAllThatWait() {
    var all = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting.reversed() as [CompiledJob]
    }
    // Each artifact goes when it is done, with its claim and with the disk space that a failed one takes.
    while let one = all.popLast() {
      let job = one.job
      do throws(CacheError) {
        try work.timings.measure(.publish, lane: lane, job: job) { () throws(CacheError) in
          try job.openedWriter.publish(one.artifact, for: job.content.facts.hash)
        }
        work.finish(
          job, .compiled(size: one.artifact.size, nanoseconds: one.nanoseconds), artifact: one.artifact.digest)
      } catch {
        work.finish(job, .failed(.cache(error)))
      }
      places.signal()
    }
  }
}

/// A job whose artifact is written. A class, because arrays take no single owners.
private final class CompiledJob: Sendable {
  let job: Job
  let artifact: WrittenArtifact
  let nanoseconds: UInt64
  private let claim: Claim?

  init(_ job: Job, _ artifact: WrittenArtifact, _ claim: consuming Claim?, nanoseconds: UInt64) {
    self.job = job
    self.artifact = artifact
    self.claim = claim
    self.nanoseconds = nanoseconds
  }
}

extension Job {
  /// The stage opened it before the first lane began.
  fileprivate var openedWriter: EngineWriter {
    get throws(CacheError) {
      guard let writer = target.writer else {
        throw .givenUp(content.path, operation: "store the artifact", reason: "its target has no cache")
      }
      return writer
    }
  }
}
