internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// Takes the answers of a store on another machine: what it has is checked and published, and what it lacks goes to the lanes.
///
/// No lane waits for it as long as there is anything to compile, and nobody holds a claim or a job slot of make's for it.
/// Artifacts come from its own thread, one after the other. It is not believed: an artifact has to have the digest that it is
/// said to have, a record that its engine would load, and a
/// signature by one of the keys that the user trusts, if there are any.
final class RemoteIntake: Sendable {
  private let work: LaneWork
  private let dealings: RemoteDealings
  private let publishing: PublishingQueue
  /// Has workers of that machine compile what it has not; nil if they are not used.
  private let executor: RemoteExecutor?
  /// Whether answers are still taken. The lock is held while one is, so that none is half taken at the end.
  private let isOpen = Mutex(true)

  /// - Parameters:
  ///   - lane: its number among the lanes, for drawing it.
  ///   - executes: whether workers may be used, if that was asked for.
  init(_ work: LaneWork, _ dealings: RemoteDealings, lane: Int, executes: Bool) {
    self.work = work
    self.dealings = dealings
    publishing = PublishingQueue(work, lane: lane)
    executor = executes ? RemoteExecutor(work, dealings, publishing, lane: lane) : nil
  }

  /// Asks for every job that an answer is awaited for.
  func ask() {
    let awaited = work.queue.awaited
    work.observer.record(.awaiting(awaited.count))
    dealings.fetch(awaited.map(\.job), largest: work.limits.largestArtifact) { [self] position, answer in
      take(answer, for: awaited[position].number)
    }
  }

  /// Takes no more answers, and waits until what was taken is published.
  func finish() {
    executor?.close()
    isOpen.withLock { $0 = false }
    publishing.finish()
    dealings.tellUnsigned()
  }

  private func take(_ answer: RemoteAnswer, for number: Int) {
    isOpen.withLock { isOpen in
      // A run that was stopped takes nothing more.
      guard isOpen, let job = work.queue.awaited(number) else { return }
      var isThere = false
      switch answer {
      case .missing: break
      case .failed(let failure): dealings.failed(job, failure)
      case .found(let artifact): isThere = take(artifact, for: job)
      }
      work.observer.record(.awaiting(work.queue.answered(number, isThere: isThere)))
      if !isThere { executor?.wake() }
    }
  }

  /// - Returns: false if it has to be compiled.
  private func take(_ artifact: FetchedArtifact, for job: Job) -> Bool {
    // Another process may have made it meanwhile. The first result stays.
    if case .present(let size)? = job.target.directory?.lookUp(job.content.facts.hash) {
      work.finish(job, .foundMeanwhile(size: size))
      return true
    }
    let size = artifact.contents.bytes.count
    guard size > 0, size <= work.limits.largestArtifact else {
      let limit = ByteCount(work.limits.largestArtifact)
      dealings.refused(job, because: "its artifact has \(size) bytes, which is not from 1 to \(limit)")
      return false
    }
    guard job.target.judge.accepts(artifact.contents.bytes) else {
      dealings.refused(job, because: "its artifact is of another engine")
      return false
    }
    guard dealings.isSigned(artifact, for: job) else { return false }
    do throws(CacheError) {
      let isGenuine = try publishing.publish(
        artifact.contents, .fetched(digest: artifact.digest, signature: artifact.signature), claim: nil, for: job)
      if !isGenuine { dealings.refused(job, because: "its artifact does not have the digest that it is said to have") }
      return isGenuine
    } catch {
      // A compiled one could not be stored either.
      work.finish(job, .failed(.cache(error)))
      return true
    }
  }
}
