internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// A run's dealings with a store on another machine: asks and gives, counts, and says what is wrong, each thing once.
final class RemoteDealings: Sendable {
  private let use: RemoteUse
  private let trustedKeys: TrustedKeys
  private let instead: RemoteStoreTrouble.Substitute
  private let observer: any RunObserver
  private let cancellation: Cancellation
  private let state: Mutex<State>
  /// Rings for each artifact that is stored, or is not.
  private let bell = MonotonicSemaphore()

  private struct State {
    var tally: RemoteTally
    /// Artifacts on their way to the store.
    var underWay = 0
    var whyNotStored: String?
    var hasToldFailure = false
    var hasToldUnusable = false
    /// Artifacts that are unsigned, or signed by a strange key: there may be thousands, so they are told together.
    var unsigned: [SignatureFault: (count: Int, first: String)] = [:]
    /// Artifacts of its that no trusted key has signed.
    var withoutSignature: Set<RemoteName> = []
    /// What workers refused, until this machine's compiler has had its say.
    var refusedByWorkers: Set<RemoteName> = []
    /// Whether the run has waited for its artifacts, so that they no longer count.
    var isOver = false

    /// - Returns: whether that was not known.
    mutating func noteUnusable() -> Bool {
      defer { hasToldUnusable = true }
      if !hasToldUnusable { tally.errors += 1 }
      return !hasToldUnusable
    }
  }

  init(_ use: RemoteUse, _ request: PrecompileRequest, _ observer: any RunObserver, _ cancellation: Cancellation) {
    self.use = use
    trustedKeys = request.caches.trustedKeys
    self.observer = observer
    self.cancellation = cancellation
    instead = request.purpose.onlyLooks ? .missing : .compiled
    state = Mutex(State(tally: RemoteTally(name: use.store.name)))
  }

  var tally: RemoteTally { state.withLock { $0.tally } }

  /// How its workers are used; nil if they are not.
  var execution: (most: Int, localLanes: Int?)? { use.executes ? (max(1, use.mostExecuting), use.localLanes) : nil }

  // MARK: Executing

  func execute(_ work: RemoteWork, answer: @escaping @Sendable (RemoteWorkAnswer) -> Void) {
    use.store.execute(work, cancellation, answer: answer)
  }

  /// Notes that a worker says that its compiler does not take a module. Nothing is told before this machine has tried.
  func refusedByWorker(_ job: Job, _ words: String) {
    state.withLock { _ = $0.refusedByWorkers.insert(RemoteName(job.content.facts.hash, job.target.identity)) }
    let last = words.split(whereSeparator: \.isNewline).last.map { " (\($0.prefix(400)))" } ?? ""
    note("\(use.store.name): its worker refuses \(job.content.path)\(last): it is compiled here")
  }

  /// Notes that this machine has compiled a module. A worker that had refused it is broken, or lies.
  func compiledHere(_ job: Job) {
    let name = RemoteName(job.content.facts.hash, job.target.identity)
    guard state.withLock({ $0.refusedByWorkers.remove(name) }) != nil else { return }
    failed(job, RemoteFailure("its worker refuses a module that this machine's compiler takes", isOfStore: false))
  }

  /// Notes that its workers are given nothing more.
  func executesNothing(because reason: String) { tell(.executesNothing(reason: reason)) }

  /// Tells users who want to know everything.
  func note(_ text: String) { observer.record(.noted(text)) }

  // MARK: Fetching

  /// - Parameter answer: told the position of each job.
  func fetch(_ jobs: [Job], largest: Int, answer: @escaping @Sendable (_ position: Int, RemoteAnswer) -> Void) {
    let names = jobs.map { RemoteName($0.content.facts.hash, $0.target.identity) }
    use.store.fetch(names, largest: largest, cancellation, answer: answer)
  }

  /// Notes that an artifact could not be had.
  func failed(_ job: Job, _ failure: RemoteFailure) {
    if cancellation.isCancelled { return }
    let isNew = state.withLock { state in
      if failure.isOfStore { return state.noteUnusable() }
      state.tally.errors += 1
      defer { state.hasToldFailure = true }
      return !state.hasToldFailure
    }
    guard isNew else { return }
    tell(
      failure.isOfStore
        ? .unusable(reason: failure.reason, instead: instead)
        : .failed(module: job.content.path.string, reason: failure.reason, instead: instead))
  }

  /// Notes that what came is not what was asked for. Each is told: somebody may have put it there on purpose.
  func refused(_ job: Job, because reason: String) {
    state.withLock { $0.tally.errors += 1 }
    tell(.refused(module: job.content.path.string, reason: reason, instead: instead))
  }

  /// Whether what came is signed as the user wants it. If it is not, that is noted.
  func isSigned(_ artifact: FetchedArtifact, for job: Job) -> Bool {
    if trustedKeys.isEmpty { return true }
    guard let digest = ArtifactDigest(bytes: artifact.digest) else { return false }
    let statement = ArtifactStatement(job.target.identity, job.content.facts.hash, digest)
    do throws(SignatureFault) {
      if artifact.signature.isEmpty { throw .missing }
      _ = try trustedKeys.verify(artifact.signature, of: statement)
      return true
    } catch {
      let module = job.content.path.string
      state.withLock { state in
        state.tally.refused += 1
        state.withoutSignature.insert(RemoteName(job.content.facts.hash, job.target.identity))
        guard error.isOrdinary else { return }
        state.unsigned[error, default: (0, module)].count += 1
      }
      if !error.isOrdinary { tell(.refused(module: module, reason: "\(error)", instead: instead)) }
      return false
    }
  }

  /// The job with what is known since it was asked for: no other reason counts where the store has an artifact that is not trusted.
  func judged(_ job: Job) -> Job {
    let isRefused = state.withLock { state in
      !state.withoutSignature.isEmpty
        && state.withoutSignature.contains(RemoteName(job.content.facts.hash, job.target.identity))
    }
    return isRefused ? Job(content: job.content, target: job.target, reason: .refused) : job
  }

  /// Tells of the artifacts that are unsigned, or signed by a strange key.
  func tellUnsigned() {
    let all = state.withLock { state in
      defer { state.unsigned = [:] }
      return state.unsigned
    }
    for (fault, them) in all.sorted(by: { $0.value.first < $1.value.first }) {
      tell(.unsigned(count: them.count, fault, first: them.first, instead: instead))
    }
  }

  private func tell(_ trouble: RemoteStoreTrouble) { observer.record(.remoteTrouble(use.store.name, trouble)) }

  // MARK: Storing

  /// Gives the store an artifact that was compiled and published here.
  func offer(_ job: Job, _ written: WrittenArtifact) {
    offer(job, written.digest, size: written.size, signature: written.signatureText)
  }

  /// Gives the store an artifact that the cache has.
  ///
  /// - Parameter signature: the signature's file; empty for none.
  func offer(_ job: Job, _ digest: ArtifactDigest, size: Int, signature: [UInt8]) {
    guard use.stores, let directory = job.target.directory, !cancellation.isCancelled else { return }
    state.withLock { $0.underWay += 1 }
    let artifact = StorableArtifact(digest: digest, size: size, signature: signature) {
      directory.openArtifact(digest)
    }
    let name = RemoteName(job.content.facts.hash, job.target.identity)
    use.store.store(name, artifact, cancellation) { [self] in ended($0) }
  }

  private func ended(_ failure: RemoteFailure?) {
    let trouble: RemoteStoreTrouble? = state.withLock { state in
      if state.isOver && use.waits { return nil }
      state.underWay -= 1
      guard let failure else {
        state.tally.stored += 1
        return nil
      }
      state.tally.notStored += 1
      let lastReason = state.whyNotStored
      state.whyNotStored = failure.reason
      if failure.isOfStore {
        return state.noteUnusable() ? .unusable(reason: failure.reason, instead: instead) : nil
      }
      // A store that lets nobody write says so of each artifact.
      if failure.reason != lastReason { state.tally.errors += 1 }
      // Nobody comes back to tell it otherwise.
      return lastReason == nil && !use.waits ? .notStored(1, reason: failure.reason) : nil
    }
    if let trouble, !cancellation.isCancelled { tell(trouble) }
    bell.signal()
  }

  /// Waits until everything is stored, or it takes too long. The rest goes on as long as this process lives.
  func finish() {
    if use.waits {
      let start = MonotonicInstant.now()
      let end = start.adding(seconds: use.longestWait)
      var last = (underWay: Int.max, at: start)
      while !cancellation.isCancelled {
        let underWay = state.withLock { $0.underWay }
        let now = MonotonicInstant.now()
        if underWay < last.underWay { last = (underWay, now) }
        let deadline = min(end, last.at.adding(seconds: use.longestPause))
        if underWay == 0 || now >= deadline { break }
        bell.wait(until: deadline)
      }
    }
    let trouble: RemoteStoreTrouble? = state.withLock { state in
      defer { state.isOver = true }
      guard use.waits else { return nil }
      state.tally.notStored += state.underWay
      let reason = state.whyNotStored ?? "it takes too long"
      // One message about a store is enough.
      return state.tally.notStored > 0 && !state.hasToldUnusable
        ? .notStored(state.tally.notStored, reason: reason) : nil
    }
    if let trouble, !cancellation.isCancelled { tell(trouble) }
  }
}
