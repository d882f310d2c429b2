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
  private let waiting = Mutex<[WrittenJob]>([])
  /// One place for each artifact that may be open.
  private let places: DispatchSemaphore

  /// How many seconds an artifact waits for others: longer than small modules take, shorter than anyone notices.
  private static let patience = 0.05

  init(_ work: LaneWork, lane: Int) {
    self.work = work
    self.lane = lane
    places = DispatchSemaphore(value: work.largestBatch)
  }

  /// Where an artifact comes from.
  enum Origin {
    case compiled(nanoseconds: UInt64)
    /// - Parameters:
    ///   - digest: the SHA-256 that its bytes are said to have.
    ///   - signature: the signature's file that came with it; empty for none.
    case fetched(digest: [UInt8], signature: [UInt8])
    /// A worker of another machine has made it. It is signed here: whoever has it made there vouches for that machine.
    case compiledRemotely(digest: [UInt8])

    fileprivate var timing: RunTimings.Kind { if case .compiled = self { .store } else { .receive } }

    /// The digest that its bytes are said to have.
    fileprivate var digest: [UInt8]? {
      switch self {
      case .compiled: nil
      case .fetched(let digest, _), .compiledRemotely(let digest): digest
      }
    }

    /// Whether a store on another machine can be given it.
    fileprivate var isOurs: Bool { if case .fetched = self { false } else { true } }

    fileprivate func result(size: Int) -> JobOutcome.Result {
      switch self {
      case .compiled(let nanoseconds): .compiled(size: size, nanoseconds: nanoseconds)
      case .fetched: .fetched(size: size)
      case .compiledRemotely: .compiledRemotely(size: size)
      }
    }
  }

  /// Writes the artifact, waiting while too many are on their way, and leaves the rest to the thread.
  ///
  /// - Returns: false if the bytes of a fetched one do not have their digest. They are hashed once, while they are written.
  @discardableResult
  func publish(
    _ artifact: borrowing Mapping, _ origin: Origin, claim: consuming Claim?, for job: Job
  ) throws(CacheError) -> Bool {
    places.wait()
    let written: WrittenJob
    do throws(CacheError) {
      let writer = try job.openedWriter
      let bytes = artifact.bytes
      let file = try work.timings.measure(origin.timing, lane: lane, job: job) { () throws(CacheError) in
        switch origin {
        case .compiled, .compiledRemotely: try writer.write(bytes, for: job.content.facts.hash)
        case .fetched(_, let signature): try writer.write(bytes, signedElsewhere: signature)
        }
      }
      if let digest = origin.digest, file.digest.bytes != digest {
        places.signal()
        return false
      }
      written = WrittenJob(job, writer, file, claim, origin)
    } catch {
      places.signal()
      throw error
    }
    let count = waiting.withLock { waiting in
      waiting.append(written)
      return waiting.count
    }
    // With --fail-fast, whether it can be published decides about what comes next.
    if count >= (work.largestBatch + 1) / 2 || work.policy.failFast {
      thread.run { self.publishAllThatWait() }
    } else if count == 1 {
      thread.run(at: .now().adding(seconds: Self.patience)) { self.publishAllThatWait() }
    }
    return true
  }

  /// Waits until everything is published; nothing may come after that.
  func finish() { thread.finish() }

  private func publishAllThatWait() {
    var all = waiting.withLock { waiting in
      defer { waiting = [] }
      return waiting
    }
    while !all.isEmpty {
      let count = min(all.count, LaneWork.publishedTogether)
      publish(all.prefix(count))
      // Their files are closed with this, and the disk space is free that failed ones take.
      all.removeFirst(count)
      for _ in 0..<count { places.signal() }
    }
  }

  private func publish(_ together: ArraySlice<WrittenJob>) {
    guard let writer = together.first?.writer else { return }
    let jobs = Array(together)
    // What is done for all of them counts for the first.
    var start = MonotonicInstant.now()
    writer.publish(jobs.map { $0.writer.publication($0.artifact, for: $0.job.content.facts.hash) }) {
      index, error in
      let one = jobs[index]
      work.timings?.record(.publish, lane: lane, job: one.job, from: start)
      start = .now()
      if let error {
        work.finish(one.job, .failed(.cache(error)))
      } else {
        let (digest, size) = (one.artifact.digest, one.artifact.size)
        work.finish(one.job, one.origin.result(size: size), artifact: digest)
        if one.origin.isOurs { work.remote?.offer(one.job, one.artifact) }
      }
      one.release()
    }
  }
}

/// A job whose artifact is written. A class, because arrays take no single owners.
private final class WrittenJob: Sendable {
  let job: Job
  let writer: EngineWriter
  let artifact: WrittenArtifact
  let origin: PublishingQueue.Origin
  private let claim: Mutex<Claim?>

  init(
    _ job: Job, _ writer: EngineWriter, _ artifact: WrittenArtifact, _ claim: consuming Claim?,
    _ origin: PublishingQueue.Origin
  ) {
    self.job = job
    self.writer = writer
    self.artifact = artifact
    self.claim = Mutex(claim)
    self.origin = origin
  }

  /// Gives the claim back, for others who want to compile the module.
  func release() { claim.withLock { $0 = nil } }
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
