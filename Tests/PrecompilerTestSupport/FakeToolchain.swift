package import LinuxIO
package import Precompiler
internal import Synchronization
internal import SystemPackage
package import WasmCache
package import WasmEngine

/// A compiler without a process: its artifacts are the modules' bytes behind a few of its own.
package final class FakeToolchain: Toolchain {
  package let location: EngineLocation
  package let wishes: [CompileWish]
  package let cores: ToolchainCores
  package let format: ArtifactFormat
  private let build: UInt8
  private let missing: [Backend]
  private let resolving: @Sendable () throws(CompilerUnusable) -> Void
  private let opening: @Sendable (_ session: Int) throws(ModuleFailure) -> Void
  private let compiling: @Sendable (_ module: LoadedModule, _ threads: Int) throws(ModuleFailure) -> Void
  private let making: @Sendable (_ module: WasmHash, CompileWish) -> String
  private let worksElsewhere: Bool
  private let state = Mutex(State())

  private struct State {
    var resolutions = 0
    var sessions = 0
    var ended = 0
    var origins: [ModuleOrigin] = []
    var finishes = 0
    var compilations: [WasmHash] = []
    var isResolving = false
    var finishedTooEarly = false
    var threads: [Int] = []
    var running = 0
    var mostRunning = 0
    var idle: [FakeSession] = []
  }

  /// Whether sessions are kept for a later run.
  private let keepsSessions: Bool
  /// How many threads a session can use; nil for any number.
  fileprivate let mostThreads: Int?

  /// - Parameters:
  ///   - backends: what it is asked for, a wish each.
  ///   - missing: backends that it does not have, whoever asks for them.
  ///   - build: tells this compiler from others.
  ///   - resolving: called when it is asked what it is.
  ///   - opening: called when a session is opened; sessions are counted from 1.
  ///   - mostThreads: how many threads a session can use; nil for any number.
  ///   - compiling: called in the middle of each compilation, on its lane, with the number of its threads.
  ///   - making: gives the artifact.
  ///   - worksElsewhere: whether it is given to other machines.
  package init(
    _ backends: String..., missing: [String] = [], format: ArtifactFormat = FakeToolchain.format, build: UInt8 = 1,
    cores: ToolchainCores = .one, mostThreads: Int? = nil, keepsSessions: Bool = false,
    resolving: @escaping @Sendable () throws(CompilerUnusable) -> Void = {},
    opening: @escaping @Sendable (_ session: Int) throws(ModuleFailure) -> Void = { _ in },
    compiling: @escaping @Sendable (_ module: LoadedModule, _ threads: Int) throws(ModuleFailure) -> Void = { _, _ in },
    making: @escaping @Sendable (_ module: WasmHash, CompileWish) -> String = FakeToolchain.artifact,
    worksElsewhere: Bool = false
  ) {
    self.worksElsewhere = worksElsewhere
    location = EngineLocation(path: FilePath("/fake/\(backends.joined(separator: "-"))"), origin: .option)
    wishes = backends.map { CompileWish(backend: Backend(rawValue: $0)) }
    self.missing = missing.map { Backend(rawValue: $0) }
    self.format = format
    self.build = build
    self.cores = cores
    self.keepsSessions = keepsSessions
    self.mostThreads = mostThreads
    self.resolving = resolving
    self.opening = opening
    self.compiling = compiling
    self.making = making
  }

  package static let format = ArtifactFormat(name: "fake", suffix: ".fake", magic: Array("fake".utf8))

  package func identity(_ wish: Int = 0) -> ArtifactIdentity {
    ArtifactIdentity(
      format: format, wish: wishes[wish], version: "1", target: "anywhere", record: [build], build: [build])
  }

  // MARK: What happened

  package var resolutions: Int { state.withLock { $0.resolutions } }
  package var sessions: Int { state.withLock { $0.sessions } }
  /// For each session, where its modules come from.
  package var origins: [ModuleOrigin] { state.withLock { $0.origins } }
  /// Sessions that were told to end.
  package var ended: Int { state.withLock { $0.ended } }
  /// Sessions that wait for a later run.
  package var idle: Int { state.withLock { $0.idle.count } }
  package var finishes: Int { state.withLock { $0.finishes } }
  /// Whether it was let go of while it was still being asked what it is.
  package var finishedTooEarly: Bool { state.withLock { $0.finishedTooEarly } }
  package var compilations: [WasmHash] { state.withLock { $0.compilations } }
  /// For each compilation how many threads it was given.
  package var threads: [Int] { state.withLock { $0.threads } }
  /// How many compilations ran at the same time at most.
  package var mostRunning: Int { state.withLock { $0.mostRunning } }

  // MARK: Toolchain

  package func rememberedIdentities(in catalog: Catalog, now: Int64) -> [ArtifactIdentity]? { nil }

  package func resolve(lanes: Int) throws(CompilerUnusable) -> ToolchainResolution {
    state.withLock {
      $0.resolutions += 1
      $0.isResolving = true
    }
    defer { state.withLock { $0.isResolving = false } }
    try resolving()
    return ToolchainResolution(
      identities: wishes.indices.map {
        missing.contains(wishes[$0].backend) ? .failure(.refused("it is a fake")) : .success(identity($0))
      })
  }

  package func openSession(
    for identities: [ArtifactIdentity], origin: ModuleOrigin, lanes: Int, deadline: MonotonicInstant
  ) throws(ModuleFailure) -> any CompileSession {
    if let idle = state.withLock({ $0.idle.popLast() }) { return idle }
    let number = state.withLock { state in
      state.sessions += 1
      state.origins.append(origin)
      return state.sessions
    }
    try opening(number)
    return FakeSession(self)
  }

  package var isGivenAway: Bool { worksElsewhere }

  package func remoteRecipe(of wish: Int, _ identity: ArtifactIdentity) throws(RemoteFailure) -> RemoteRecipe? {
    guard worksElsewhere else { return nil }
    return RemoteRecipe(files: [], arguments: [wishes[wish].description], module: "in", artifact: "out", refusal: 65)
  }

  package func keep(_ session: any CompileSession) -> Bool {
    guard keepsSessions, let session = session as? FakeSession else { return false }
    state.withLock { $0.idle.append(session) }
    return true
  }

  package func finish() {
    state.withLock { state in
      state.finishes += 1
      if state.isResolving { state.finishedTooEarly = true }
    }
  }

  fileprivate func sessionEnded() { state.withLock { $0.ended += 1 } }

  fileprivate func compile(_ module: LoadedModule, _ wish: Int, threads: Int) throws(ModuleFailure) -> CompiledArtifact
  {
    state.withLock { state in
      state.compilations.append(module.facts.hash)
      state.threads.append(threads)
      state.running += 1
      state.mostRunning = max(state.mostRunning, state.running)
    }
    defer { state.withLock { $0.running -= 1 } }
    try compiling(module, threads)
    return try CompiledArtifact(text: making(module.facts.hash, wishes[wish]))
  }

  /// What it makes of a module.
  package static func artifact(of module: WasmHash, _ wish: CompileWish) -> String {
    "fake \(wish) \(module)"
  }
}

private final class FakeSession: CompileSession {
  private let toolchain: FakeToolchain
  private let hasFailed = Atomic(false)
  let missingDefences: [String] = []
  var mostThreads: Int? { toolchain.mostThreads }

  init(_ toolchain: FakeToolchain) { self.toolchain = toolchain }

  var isUsable: Bool { !hasFailed.load(ordering: .relaxed) }

  func compile(
    _ module: LoadedModule, wish: Int, threads: Int, deadline: MonotonicInstant, timeout: Double
  ) throws(ModuleFailure) -> CompiledArtifact {
    do { return try toolchain.compile(module, wish, threads: threads) } catch {
      // A refusal leaves a compiler that can be used again.
      if case .invalid = error {} else { end() }
      throw error
    }
  }

  func end() { if !hasFailed.exchange(true, ordering: .relaxed) { toolchain.sessionEnded() } }
}

extension CompiledArtifact {
  fileprivate init(text: String) throws(ModuleFailure) {
    do throws(SystemError) {
      let file = try MemoryFile(name: "fake")
      try file.descriptor.write(all: text)
      try file.seal()
      self.init(try Mapping(file.descriptor, size: text.utf8.count), nanoseconds: 1000)
    } catch {
      throw .compilerMisbehaved(what: "\(error)")
    }
  }
}
