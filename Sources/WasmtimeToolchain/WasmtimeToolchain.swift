internal import Confinement
package import LinuxIO
package import Precompiler
internal import Synchronization
package import WasmCache
package import WasmEngine

/// One libwasmtime as a run's compiler: each session is a child process, because the library aborts its process on internal
/// errors and compile time is not bounded.
package final class WasmtimeToolchain: Toolchain {
  /// How children are started and what they may take.
  package struct Options: Sendable {
    package var program = ChildProgram.thisExecutable
    package var confinement = ConfinementPolicy()
    /// Where children wait between several runs; without it they end with the run.
    package var idle: IdleChildren?
    /// Where the program is found that workers of other machines run; nil if none is to be used.
    package var worker: WorkerSearch?

    package init() {}
  }

  package let engine: EngineFile
  package let settings: [EngineSettings]
  /// For each of the settings, the names of the hosts that have them.
  private let hosts: [[String]]
  let options: Options
  private let cancellation: Cancellation
  /// What workers of other machines need, once it was asked for.
  let kit = Mutex<WorkerKit?>(nil)
  /// The child that was asked what the engine is, which can go on to compile.
  private let asked = Mutex<CompileChild?>(nil)

  package init(
    _ engine: EngineFile, settings: [EngineSettings], hosts: [[String]] = [], options: Options = Options(),
    cancellation: Cancellation
  ) {
    self.engine = engine
    self.settings = settings
    self.hosts = hosts
    self.options = options
    self.cancellation = cancellation
  }

  package var location: EngineLocation { engine.location }
  package var wishes: [CompileWish] { settings.map(\.wish) }
  package var cores: ToolchainCores { .onRequest }

  package func hosts(of wish: Int) -> [String] { hosts.indices.contains(wish) ? hosts[wish] : [] }

  package func rememberedIdentities(in catalog: Catalog, now: Int64) -> [ArtifactIdentity]? {
    let known = settings.compactMap { catalog.identity($0, engine.stamp, now: now) }
    return known.count == settings.count ? known : nil
  }

  package func resolve(lanes: Int) throws(CompilerUnusable) -> ToolchainResolution {
    var probe = EngineProbe(
      engine, program: options.program, policy: options.confinement, cancellation: cancellation)
    probe.threads = lanes
    let begun = WallClock.now()
    let account = try probe.identify(settings)
    asked.withLock { $0 = account.child }
    // Findings are dropped if the file is another by now.
    let findings =
      engine.isUnchanged
      ? account.identities.compactMap { try? $0.get() }
        .map { EngineFinding($0, library: engine.stamp, probed: begun) } : []
    return ToolchainResolution(
      identities: account.identities, missingDefences: account.confinement?.missing ?? [], findings: findings)
  }

  package func openSession(
    for identities: [ArtifactIdentity], origin: ModuleOrigin, lanes: Int, deadline: MonotonicInstant
  ) throws(ModuleFailure) -> any CompileSession {
    let asked = asked.withLock { asked in
      defer { asked = nil }
      return asked
    }
    let limits = options.confinement.limits
    // The child that was asked has met no module yet.
    if let child = asked ?? options.idle?.take(for: identities, origin, lanes: lanes) {
      return WasmtimeSession(child, engine, identities, origin, limits, lanes: lanes, missingDefences: [])
    }
    do throws(ChildFailure) {
      let child = try CompileChild.start(options.program, options.confinement, cancellation: cancellation)
      let (records, confinement) = try child.prepare(
        engine, settings: settings, threads: lanes, deadline: deadline)
      // The same library must say the same of itself, and its file must be the same: releases that record only their major
      // version say the same of different builds, and artifacts would land under the wrong identity.
      guard records.map({ try? $0.get().bytes }) == identities.map(\.record),
        engine.hasSameContents(identities[0].build)
      else {
        throw WasmtimeSession.replacedEngine
      }
      return WasmtimeSession(
        child, engine, identities, origin, limits, lanes: lanes, missingDefences: confinement.missing)
    } catch {
      throw ModuleFailure(error, by: identities[0], timeout: 0, limits: limits)
    }
  }

  package func compiles(
    _ module: LoadedModule, with backend: Backend, insteadOf wish: Int, deadline: MonotonicInstant
  ) -> Bool {
    // A release without Winch compiles with Cranelift, and does not say so. Its record does.
    let other = settings[wish].with(backend)
    let asked = backend == .winch ? [other, other.with(.cranelift)] : [other]
    do throws(ChildFailure) {
      let child = try CompileChild.start(options.program, options.confinement, cancellation: cancellation)
      let (answers, _) = try child.prepare(engine, settings: asked, threads: 1, deadline: deadline)
      let records = answers.map { try? $0.get() }
      guard records[0] != nil, asked.count == 1 || records[0] != records[1] else { return false }
      _ = try child.compile(
        module.contents, size: module.facts.size, as: module.facts.kind, settingsIndex: 0, threads: 1,
        deadline: deadline)
      return true
    } catch {
      return false
    }
  }

  package func keep(_ session: any CompileSession) -> Bool {
    guard let idle = options.idle, let session = session as? WasmtimeSession else { return false }
    return idle.put(session.child, for: session.identities, session.origin, lanes: session.lanes)
  }

  package func finish() { asked.withLock { $0 = nil } }
}

/// One lane's child.
final class WasmtimeSession: CompileSession {
  let child: CompileChild
  let identities: [ArtifactIdentity]
  let origin: ModuleOrigin
  let lanes: Int
  let missingDefences: [String]
  private let engine: EngineFile
  private let limits: ChildLimits
  private let hasFailed = Atomic(false)

  init(
    _ child: CompileChild, _ engine: EngineFile, _ identities: [ArtifactIdentity], _ origin: ModuleOrigin,
    _ limits: ChildLimits, lanes: Int, missingDefences: [String]
  ) {
    self.child = child
    self.engine = engine
    self.identities = identities
    self.origin = origin
    self.limits = limits
    self.lanes = lanes
    self.missingDefences = missingDefences
  }

  static let replacedEngine = ChildFailure.protocolViolation(
    "another account of its engine than before: the library was replaced meanwhile, run again")

  var isUsable: Bool { !hasFailed.load(ordering: .relaxed) && !child.isWornOut }

  var mostThreads: Int? { child.mostThreads }

  func compile(
    _ module: LoadedModule, wish: Int, threads: Int, deadline: MonotonicInstant, timeout: Double
  ) throws(ModuleFailure) -> CompiledArtifact {
    do throws(ChildFailure) {
      let artifact = try child.compile(
        module.contents, size: module.facts.size, as: module.facts.kind, settingsIndex: wish, threads: threads,
        deadline: deadline)
      guard engine.hasSameContents(identities[wish].build) else { throw Self.replacedEngine }
      return artifact
    } catch {
      // Only a refusal leaves a child that can be used again.
      if case .engine = error {} else { end() }
      throw ModuleFailure(error, by: identities[wish], timeout: timeout, limits: limits)
    }
  }

  func end() {
    hasFailed.store(true, ordering: .relaxed)
    child.kill()
  }
}
