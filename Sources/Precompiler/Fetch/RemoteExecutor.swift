internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// Gives jobs to the workers of another machine, beside the lanes of this one, and takes what they make.
///
/// Jobs come from the same queue. A job is claimed while it is away, as a lane would claim it. What comes back is not believed:
/// it has to have its digest, and a record that its engine would load. A worker that fails, or refuses, says nothing about the
/// module, which is compiled here then.
final class RemoteExecutor: Sendable {
  private let work: LaneWork
  private let dealings: RemoteDealings
  private let publishing: PublishingQueue
  private let lane: Int
  private let most: Int
  /// Reads modules and hands them out.
  private let thread = SerialThread()
  private let state = Mutex(State())
  /// Whether answers are still taken. The lock is held while one is, so that none is half taken at the end.
  private let isOpen = Mutex(true)

  private struct State {
    var underWay = 0
    var failuresInRow = 0
    /// Whether nothing more is handed out.
    var isOver = false
    /// How each target's compiler works elsewhere; nil for one that does not.
    var recipes: [ObjectIdentifier: RemoteRecipe?] = [:]
  }

  /// Failures one after the other after which the workers are left alone.
  private static let mostFailures = 5

  /// - Returns: nil if workers are not to be used.
  init?(_ work: LaneWork, _ dealings: RemoteDealings, _ publishing: PublishingQueue, lane: Int) {
    guard let execution = dealings.execution else { return nil }
    self.work = work
    self.dealings = dealings
    self.publishing = publishing
    self.lane = lane
    // Each of them may have its module open.
    most = max(1, min(execution.most, DescriptorBudget(lanes: work.policy.lanes).retainedModules / 2))
    // Said at once: lanes may take all jobs of such a compiler before anything is handed out.
    let kept = work.queue.leftOver.map(\.target).filter { !$0.toolchain.isGivenAway }.map(\.identity.compiler)
    for compiler in Set(kept).sorted() {
      dealings.note("\(compiler) compiles here: it is not given to other machines")
    }
  }

  /// Looks whether there is something to hand out.
  func wake() { thread.run { [weak self] in self?.handOut() } }

  /// Takes no more answers, and hands out nothing more.
  func close() {
    state.withLock { $0.isOver = true }
    isOpen.withLock { $0 = false }
    thread.finish()
  }

  // MARK: Handing out

  private func handOut() {
    while !work.cancellation.isCancelled, state.withLock({ !$0.isOver && $0.underWay < most }),
      let (number, job) = work.queue.nextForElsewhere()
    {
      handOut(job, number)
    }
    // Lanes that wait for what comes back would wait for ever.
    if work.cancellation.isCancelled { work.queue.keepAllHere() }
  }

  private func handOut(_ job: Job, _ number: Int) {
    guard work.policy.isWanted(job) else { return finish(job, number, .notDone) }
    guard let recipe = recipe(for: job.target) else { return keepHere(number) }
    do throws(ModuleFailure) {
      let claim: Claim?
      do { claim = try job.target.writer?.tryClaim(job.content.facts.hash) } catch { throw .cache(error) }
      guard let claim else { return work.queue.postponeAwaited(number) }
      if case .present(let size)? = job.target.directory?.lookUp(job.content.facts.hash) {
        return finish(job, number, .foundMeanwhile(size: size))
      }
      let adopted: AdoptedArtifact?
      do { adopted = try work.adopt(job) } catch { throw .cache(error) }
      if let adopted { return finish(job, number, .shared(size: adopted.size), artifact: adopted.digest) }
      let held = HeldClaim(claim)
      try work.timings.measure(.handOver, lane: lane, job: job) { () throws(ModuleFailure) in
        let module = try work.load(job, with: work.reader)
        let order = RemoteWork(
          recipe: recipe, module: module, timeout: work.limits.timeout, largest: work.limits.largestArtifact)
        state.withLock { $0.underWay += 1 }
        dealings.execute(order) { [self] in take($0, for: job, number, order, held) }
      }
    } catch {
      finish(job, number, work.cancellation.isCancelled ? .notDone : .failed(error))
    }
  }

  /// How a target's compiler works elsewhere; nil for one that does not.
  private func recipe(for target: CompileTarget) -> RemoteRecipe? {
    let key = ObjectIdentifier(target)
    if let known = state.withLock({ $0.recipes[key] }) { return known }
    var recipe: RemoteRecipe?
    do throws(RemoteFailure) {
      recipe = try target.toolchain.remoteRecipe(of: target.wish, target.identity)
    } catch {
      end(because: error.reason)
    }
    state.withLock { $0.recipes[key] = .some(recipe) }
    return recipe
  }

  // MARK: What comes back

  private func take(
    _ answer: RemoteWorkAnswer, for job: Job, _ number: Int, _ order: RemoteWork, _ claim: HeldClaim
  ) {
    isOpen.withLock { isOpen in
      // A run that was stopped takes nothing more.
      guard isOpen, work.queue.awaited(number) != nil else { return }
      state.withLock { $0.underWay -= 1 }
      let isDone =
        switch answer {
        case .made(let artifact): take(artifact, for: job, number, claim)
        case .refused(let words): noteRefusal(of: job, words)
        case .idle(let reason): end(because: reason)
        case .failed(let failure): giveUp(job, failure)
        }
      guard !isDone else { return }
      // A lane may have it as soon as it is in the queue.
      claim.release()
      work.putBack(order.module, of: job)
      keepHere(number)
    }
    wake()
  }

  // What follows says whether nothing more has to be done for the job.

  private func take(_ artifact: FetchedArtifact, for job: Job, _ number: Int, _ claim: HeldClaim) -> Bool {
    let size = artifact.contents.bytes.count
    guard size > 0, size <= work.limits.largestArtifact, job.target.judge.accepts(artifact.contents.bytes) else {
      let reason = "what its worker has made is no artifact of the engine"
      dealings.refused(job, because: reason)
      return countFailure(reason)
    }
    do throws(CacheError) {
      let isGenuine = try publishing.publish(
        artifact.contents, .compiledRemotely(digest: artifact.digest), claim: claim.take(), for: job)
      guard isGenuine else {
        let reason = "its artifact does not have the digest that it is said to have"
        dealings.refused(job, because: reason)
        return countFailure(reason)
      }
      noteSuccess()
      answered(number, isThere: true)
    } catch {
      // A compiled one could not be stored either.
      finish(job, number, .failed(.cache(error)))
    }
    return true
  }

  /// Leaves it to a lane to say whether the compiler takes the module. It costs little where the worker is right, because a
  /// compiler that refuses is quick; and a worker that is broken, or lies, fails no build.
  ///
  /// - Parameter words: what the worker's compiler wrote.
  private func noteRefusal(of job: Job, _ words: String) -> Bool {
    noteSuccess()
    dealings.refusedByWorker(job, words)
    return false
  }

  private func giveUp(_ job: Job, _ failure: RemoteFailure) -> Bool {
    dealings.failed(job, failure)
    guard failure.isOfStore else { return countFailure(failure.reason) }
    // That was told just now.
    state.withLock { $0.isOver = true }
    work.queue.keepAllHere()
    return false
  }

  private func countFailure(_ reason: String) -> Bool {
    let isTooMuch = state.withLock { state in
      state.failuresInRow += 1
      return state.failuresInRow == Self.mostFailures
    }
    return isTooMuch
      ? end(because: "its workers have failed \(Self.mostFailures) times one after the other: \(reason)") : false
  }

  private func noteSuccess() { state.withLock { $0.failuresInRow = 0 } }

  /// Hands out nothing more, and says why, once.
  @discardableResult
  private func end(because reason: String) -> Bool {
    let isNew = state.withLock { state in
      defer { state.isOver = true }
      return !state.isOver
    }
    if isNew { dealings.executesNothing(because: reason) }
    work.queue.keepAllHere()
    return false
  }

  // MARK: The queue

  private func keepHere(_ number: Int) { answered(number, isThere: false) }

  private func finish(
    _ job: Job, _ number: Int, _ result: JobOutcome.Result, artifact: ArtifactDigest? = nil
  ) {
    work.finish(job, result, artifact: artifact)
    answered(number, isThere: true)
  }

  private func answered(_ number: Int, isThere: Bool) {
    work.observer.record(.awaiting(work.queue.answered(number, isThere: isThere, isForHere: !isThere)))
  }
}

/// A claim of a job that is away. A class, because closures take no single owners.
private final class HeldClaim: Sendable {
  private let claim: Mutex<Claim?>

  init(_ claim: consuming Claim) { self.claim = Mutex(claim) }

  func take() -> Claim? { claim.withLock { $0.take() } }

  func release() { claim.withLock { $0 = nil } }
}
