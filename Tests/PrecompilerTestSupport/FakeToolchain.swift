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
  private let build: UInt8
  private let resolving: @Sendable () throws(CompilerUnusable) -> Void
  private let compiling: @Sendable (_ module: LoadedModule, _ wish: Int) throws(ModuleFailure) -> Void
  private let state = Mutex(State())

  private struct State {
    var resolutions = 0
    var sessions = 0
    var finishes = 0
    var compilations: [WasmHash] = []
    var threads: [Int] = []
    var running = 0
    var mostRunning = 0
    var idle: [FakeSession] = []
  }

  /// Whether sessions are kept for a later run.
  private let keepsSessions: Bool

  /// - Parameters:
  ///   - backends: what it is asked for, a wish each.
  ///   - build: tells this compiler from others.
  ///   - resolving: called when it is asked what it is.
  ///   - compiling: called in the middle of each compilation, on its lane.
  package init(
    _ backends: String..., build: UInt8 = 1, cores: ToolchainCores = .one, keepsSessions: Bool = false,
    resolving: @escaping @Sendable () throws(CompilerUnusable) -> Void = {},
    compiling: @escaping @Sendable (_ module: LoadedModule, _ wish: Int) throws(ModuleFailure) -> Void = { _, _ in }
  ) {
    location = EngineLocation(path: FilePath("/fake/\(backends.joined(separator: "-"))"), origin: .option)
    wishes = backends.map { CompileWish(backend: Backend(rawValue: $0)) }
    self.build = build
    self.cores = cores
    self.keepsSessions = keepsSessions
    self.resolving = resolving
    self.compiling = compiling
  }

  package static let format = ArtifactFormat(name: "fake", suffix: ".fake", magic: Array("fake".utf8))

  package func identity(_ wish: Int = 0) -> ArtifactIdentity {
    ArtifactIdentity(
      format: Self.format, wish: wishes[wish], version: "1", target: "anywhere", record: [build], build: [build])
  }

  // MARK: What happened

  package var resolutions: Int { state.withLock { $0.resolutions } }
  package var sessions: Int { state.withLock { $0.sessions } }
  package var finishes: Int { state.withLock { $0.finishes } }
  package var compilations: [WasmHash] { state.withLock { $0.compilations } }
  /// For each compilation how many threads it was given.
  package var threads: [Int] { state.withLock { $0.threads } }
  /// How many compilations ran at the same time at most.
  package var mostRunning: Int { state.withLock { $0.mostRunning } }

  // MARK: Toolchain

  package func rememberedIdentities(in catalog: Catalog, now: Int64) -> [ArtifactIdentity]? { nil }

  package func resolve(lanes: Int) throws(CompilerUnusable) -> ToolchainResolution {
    state.withLock { $0.resolutions += 1 }
    try resolving()
    return ToolchainResolution(identities: wishes.indices.map { .success(identity($0)) })
  }

  package func openSession(
    for identities: [ArtifactIdentity], lanes: Int, deadline: MonotonicInstant
  ) throws(ModuleFailure) -> any CompileSession {
    if let idle = state.withLock({ $0.idle.popLast() }) { return idle }
    state.withLock { $0.sessions += 1 }
    return FakeSession(self)
  }

  package func keep(_ session: any CompileSession) -> Bool {
    guard keepsSessions, let session = session as? FakeSession else { return false }
    state.withLock { $0.idle.append(session) }
    return true
  }

  package func finish() { state.withLock { $0.finishes += 1 } }

  fileprivate func compile(_ module: LoadedModule, _ wish: Int, threads: Int) throws(ModuleFailure) -> CompiledArtifact
  {
    state.withLock { state in
      state.compilations.append(module.facts.hash)
      state.threads.append(threads)
      state.running += 1
      state.mostRunning = max(state.mostRunning, state.running)
    }
    defer { state.withLock { $0.running -= 1 } }
    try compiling(module, wish)
    return try CompiledArtifact(text: Self.artifact(of: module.facts.hash, wishes[wish]))
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

  func end() { hasFailed.store(true, ordering: .relaxed) }
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
