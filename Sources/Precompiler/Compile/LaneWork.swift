internal import LinuxIO
internal import Scanning
internal import Synchronization
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// The things that the lanes of a run share: the jobs, the way to do them, and the place where outcomes are gathered.
final class LaneWork: Sendable {
  let policy: WorkPolicy
  let limits: ModuleLimits
  let avoidsWriters: Bool
  let queue: JobQueue
  let cancellation: Cancellation
  let observer: any RunObserver
  let timings: RunTimings?
  /// Signs what is stored.
  let signer: SigningKey?
  /// The dealings with a store on another machine, if there is one.
  let remote: RemoteDealings?
  /// How many threads may compile at the same time, if there are fewer jobs.
  let threads: Int
  /// For compilers that use all cores.
  let machine = WholeMachine()
  private let roots: [FilePath]
  /// The directories that the roots were found below, if they are files.
  private let directories: [FilePath]
  /// How many artifacts are published together: the disk is waited for once for all of them.
  static let publishedTogether = 128
  /// How many artifacts a lane may have open on their way into the cache: while some are published, as many are written. More
  /// would hold more claims, and the kernel looks at each claim that is held whenever one is taken.
  let largestBatch: Int
  /// The modules that were kept when they were hashed, and how many jobs they are kept for.
  private let retained: Mutex<[WasmHash: (module: LoadedModule, jobs: Int)]>
  /// The artifacts that this run has seen to being made, and what of, if it signs or gives artifacts away.
  private let made = Mutex<Set<MadeArtifact>>([])
  private let outcomes = Mutex<[JobOutcome]>([])
  private let missing = Mutex<[String]>([])
  private let ended = Mutex<[any CompileSession]>([])
  /// How many more modules that failed may be tried with another backend.
  private let trials = Mutex(4)

  init(
    _ jobs: [Job], retained: consuming [WasmHash: LoadedModule],
    _ request: PrecompileRequest, _ remote: RemoteDealings?,
    _ cancellation: Cancellation, _ observer: any RunObserver
  ) {
    self.remote = remote
    var wanted: [WasmHash: (module: LoadedModule, jobs: Int)] = [:]
    for job in jobs {
      let hash = job.content.facts.hash
      if let module = retained[hash] { wanted[hash] = (module, 1 + (wanted[hash]?.jobs ?? 0)) }
    }
    self.retained = Mutex(wanted)
    policy = request.work
    limits = request.limits
    avoidsWriters = request.input.avoidsWriters
    timings = request.timings
    signer = request.caches.signer
    // What a server has is published beside the lanes. A signature is a file, too.
    let room = DescriptorBudget(lanes: policy.lanes + (remote == nil ? 0 : 1)).artifactsPerLane
    largestBatch = min(max(1, signer == nil && remote == nil ? room : room / 2), 2 * Self.publishedTogether)
    // The engine's own threads would run without a slot.
    threads = policy.jobserver == nil ? min(policy.lanes, policy.processors ?? AvailableProcessors.count()) : 1
    let asks = remote != nil && !policy.force
    queue = JobQueue(
      jobs, threads: threads, sharesOut: remote?.execution != nil, leaders: policy.force ? [:] : Self.leaders(of: jobs)
    ) { _ in asks }
    roots = request.input.roots
    directories = request.input.rememberedUnder
    self.cancellation = cancellation
    self.observer = observer
  }

  /// The job whose artifact may serve the hosts of another, for each job that has one.
  private static func leaders(of jobs: [Job]) -> [JobKey: JobKey] {
    var targets: [CompileTarget] = []
    for job in jobs where targets.last !== job.target { targets.append(job.target) }
    if targets.count < 2 { return [:] }
    var leaders: [JobKey: JobKey] = [:]
    for target in targets {
      guard let leader = target.leader(among: targets) else { continue }
      for job in jobs where job.target === target {
        leaders[JobKey(job)] = JobKey(job.content.facts.hash, leader)
      }
    }
    return leaders
  }

  /// The kept module of a job. It is kept no longer if no other job wants it.
  func takeModule(of job: Job) -> LoadedModule? {
    retained.withLock { retained in
      guard let (module, jobs) = retained[job.content.facts.hash] else { return nil }
      retained[job.content.facts.hash] = jobs > 1 ? (module, jobs - 1) : nil
      return module
    }
  }

  /// The module that is compiled is the one that was hashed: the very bytes where they were kept, otherwise bytes read
  /// again from any of the module's files that still has them.
  func load(_ job: Job, with reader: borrowing ModuleReader) throws(ModuleFailure) -> LoadedModule {
    if let module = takeModule(of: job) { return module }
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

  /// A reader for whoever loads modules.
  var reader: ModuleReader { ModuleReader(limit: limits.largestModule, avoidsWriters: avoidsWriters) }

  /// Keeps the module of a job that goes back to the queue.
  func putBack(_ module: LoadedModule, of job: Job) {
    retained.withLock { $0[job.content.facts.hash] = (module, 1 + ($0[job.content.facts.hash]?.jobs ?? 0)) }
  }

  /// The origin of a job's module, whose file was read.
  func origin(of job: Job, _ module: LoadedModule) -> ModuleOrigin {
    switch policy.isolation {
    case .run: return .any
    case .module: return ModuleOrigin(module: job.content.facts.hash)
    case .origin:
      guard let file = job.content.files.first else { return ModuleOrigin(owner: module.owner) }
      let root = roots[file.root]
      let path = file.path
      // A file that was named is a root itself.
      let directory =
        path == root
        ? directories.filter { path.starts(with: $0) }.max { $0.components.count < $1.components.count } : root
      return ModuleOrigin(owner: module.owner, directory: directory)
    }
  }

  /// - Parameters:
  ///   - artifact: the digest of the artifact's bytes, if it was made here.
  ///   - alternative: a backend that compiles the module that failed.
  func finish(
    _ job: Job, _ result: JobOutcome.Result, artifact: ArtifactDigest? = nil, alternative: Backend? = nil
  ) {
    let outcome = JobOutcome(
      job: remote?.judged(job) ?? job, result: result, artifact: artifact, alternative: alternative)
    outcomes.withLock { $0.append(outcome) }
    if case .compiled = result { remote?.compiledHere(job) }
    if signer != nil || remote != nil, let artifact, outcome.isMade {
      made.withLock { _ = $0.insert(MadeArtifact(module: job.content.facts.hash, digest: artifact)) }
    }
    queue.ended(job)
    if policy.failFast, case .failed = result { queue.stop() }
    observer.record(.finished(outcome))
  }

  /// The outcomes of the jobs that came to an end.
  var endedOutcomes: [JobOutcome] { outcomes.withLock { $0 } }

  /// The outcomes of all jobs, including those that no lane was given.
  var allOutcomes: [JobOutcome] {
    endedOutcomes + queue.leftOver.map { JobOutcome(job: $0, result: .notDone) }
  }

  // MARK: Sharing

  /// Takes an artifact for a job that the cache has for other hosts, if it is what would be made for the job's.
  ///
  /// We sign and give away what we have made of this very module, and nothing else: an entry that came from elsewhere may name
  /// any artifact, also one that we have made of another module.
  func adopt(_ job: Job) throws(CacheError) -> AdoptedArtifact? {
    let module = job.content.facts.hash
    func isMade(_ digest: ArtifactDigest) -> Bool {
      made.withLock { $0.contains(MadeArtifact(module: module, digest: digest)) }
    }
    guard let adopted = try job.target.writer?.adopt(module, if: { signer == nil || isMade($0) }) else { return nil }
    _ = takeModule(of: job)
    if isMade(adopted.digest) {
      remote?.offer(job, adopted.digest, size: adopted.size, signature: adopted.signature)
    }
    return adopted
  }

  // MARK: Advice

  /// Seconds that a trial may take at most: advice is not worth a second timeout.
  private static let longestTrial = 10.0

  /// The backend that compiles a module that failed, if there is one. It is tried, because advice that does not help costs
  /// whoever follows it as long as the failure did.
  func alternative(for job: Job, after failure: ModuleFailure, _ module: () -> LoadedModule?) -> Backend? {
    guard let other = failure.backendWorthTrying(insteadOf: job.target.identity.backend), !cancellation.isCancelled,
      // It is made anyway.
      !job.target.identities.contains(where: { $0.backend == other }),
      trials.withLock({ left in
        left -= 1
        return left >= 0
      }), let module = module()
    else { return nil }
    let deadline = MonotonicInstant.now().adding(seconds: min(limits.timeout, Self.longestTrial))
    let helps = job.target.toolchain.compiles(module, with: other, insteadOf: job.target.wish, deadline: deadline)
    return helps ? other : nil
  }

  // MARK: Sessions

  /// Opens a session with a target's compiler, for modules of one origin.
  func open(_ target: CompileTarget, _ origin: ModuleOrigin, lane: Int) throws(ModuleFailure) -> any CompileSession {
    let session = try timings.measure(.start, lane: lane) { () throws(ModuleFailure) in
      try target.toolchain.openSession(
        for: target.identities, origin: origin, lanes: policy.lanes, deadline: .now().adding(seconds: limits.timeout))
    }
    if !session.missingDefences.isEmpty { observer.record(.unconfined(missing: session.missingDefences)) }
    return session
  }

  /// Keeps a session for a later run, or ends it. An ended one is waited for when the run ends, because giving its memory
  /// back takes a while.
  func retire(_ session: any CompileSession, of toolchain: any Toolchain) {
    if !cancellation.isCancelled, session.isUsable, toolchain.keep(session) { return }
    session.end()
    // Where each module has a compiler of its own, they are thousands.
    let oldest = ended.withLock { ended in
      ended.append(session)
      return ended.count > policy.lanes ? ended.removeFirst() : nil
    }
    _ = consume oldest
  }

  func waitForSessions() { ended.withLock { $0 = [] } }

  /// The defences that the kernel lacks where it cannot confine compilers as required. Nothing is compiled then.
  var missingConfinement: [String] { missing.withLock { $0 } }

  func abandon(becauseOf missing: [String]) {
    self.missing.withLock { $0 = missing }
    queue.stop()
  }
}

private struct MadeArtifact: Hashable {
  let module: WasmHash
  let digest: ArtifactDigest
}
