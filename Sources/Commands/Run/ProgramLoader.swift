internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache
internal import WasmEngine
internal import WasmtimeToolchain

/// Gets a module or a component ready to be instantiated: from the cache, into which it is compiled first if need be, or
/// without a cache if there is trouble with it.
struct ProgramLoader {
  private let path: FilePath
  private let request: PrecompileRequest
  /// The choice for one backend.
  private let compilers: CompilerChoice
  /// Why there is no cache.
  private let lack: String?
  private let cancellation: Cancellation

  init(
    _ path: FilePath, _ request: PrecompileRequest, with compilers: CompilerChoice, withoutCacheBecause lack: String?,
    cancellation: Cancellation
  ) {
    self.lack = lack
    self.path = path
    self.request = request
    self.compilers = compilers
    self.cancellation = cancellation
  }

  /// Loads the module from the cache. Trouble with the cache is reported, and the module compiled without it.
  func load() throws -> LoadedProgram {
    guard (try? Descriptor.status(of: path).kind) != .directory else {
      throw ProgramEnd(path, "is a directory: name one of its modules")
    }
    do {
      if let lack { throw CacheTrouble(what: lack) }
      for _ in 1..<LostArtifacts.attempts {
        do { return try loadFromCache() } catch is ArtifactLost {}
      }
      do { return try loadFromCache() } catch let lost as ArtifactLost { throw CacheTrouble(lost) }
    } catch let trouble as CacheTrouble {
      Output.error.write(
        "\(Program.name): warning: \(trouble.what): the module is compiled without the cache\n")
      var program = try compile(with: probe())
      program.isFromCache = false
      return program
    }
  }

  /// Compiles the module in a child, as if there were no cache.
  func compile(with engine: ProgramEngine) throws -> LoadedProgram {
    let compilation = LoneCompilation(with: engine.toolchain, [engine.identity], limits: request.limits)
    do {
      let (kind, artifact) = try compilation.compile(path)
      return LoadedProgram(code: try ProgramCode(kind, artifact, with: engine.load()), engine: engine)
    } catch let failure as ModuleFailure {
      throw ProgramEnd(path, failure)
    } catch let error as ArtifactError {
      throw ProgramEnd(path, .compilerMisbehaved(what: "an artifact that cannot be loaded: \(error)"))
    }
  }

  /// Asks the engine, because there is no cache that knows it.
  private func probe() throws(RunFailure) -> ProgramEngine {
    let toolchain = try findToolchain()
    let resolution: ToolchainResolution
    do { resolution = try toolchain.resolve(lanes: request.work.lanes) } catch { throw RunFailure(error) }
    for (wish, result) in zip(toolchain.wishes, resolution.identities) {
      switch result {
      case .success(let identity): return ProgramEngine(toolchain: toolchain, identity: identity)
      case .failure(let reason):
        throw RunFailure(PrecompileError.backendUnavailable(wish, toolchain.location, reason))
      }
    }
    throw RunFailure(CompilerUnusable.noBackend(toolchain.location))
  }

  private func findToolchain() throws(RunFailure) -> WasmtimeToolchain {
    guard let toolchain = try compilers.findToolchains(cancellation).first else {
      throw RunFailure(status: .usage, message: "no host is named")
    }
    guard let engine = toolchain as? WasmtimeToolchain else {
      let backend = toolchain.wishes.first?.backend.rawValue ?? ""
      throw RunFailure(
        status: .usage,
        message:
          "--backend \(backend.printable): nothing here runs its artifacts: `run` takes backends of a libwasmtime")
    }
    return engine
  }

  /// - Throws: ``ArtifactLost`` if the artifact was corrupt or evicted when it was opened: then it can be made again.
  private func loadFromCache() throws -> LoadedProgram {
    let finding = ProgramFinding()
    let toolchain = try findToolchain()
    let summary = try precompile(with: toolchain, finding)
    if let complaint = finding.complaint { throw ProgramEnd(path, complaint) }
    switch finding.failure {
    case .cache(let error): throw CacheTrouble(error)
    case let failure?: throw ProgramEnd(path, failure, alternative: finding.alternative)
    case nil: break
    }
    guard let content = summary.plan.contents.first, let target = summary.targets.first else {
      throw ProgramEnd(path, .vanished)
    }
    let engine = ProgramEngine(toolchain: toolchain, identity: target.identity)
    let loaded = try engine.load()
    var readers = ArtifactReaders(summary, isWritable: true)
    guard let entries = readers.entries(of: content.facts.hash, for: target) else {
      throw ProgramEnd(path, .vanished)
    }
    do throws(CacheError) {
      let artifact = try entries.open(content.facts.hash)
      return LoadedProgram(code: try ProgramCode(content.facts.kind, artifact, with: loaded), engine: engine)
    } catch .missing(let module, let backend, let reason) {
      throw ArtifactLost(error: .missing(module, backend, reason), isCorrupt: reason == .artifactCorrupt)
    } catch {
      throw CacheTrouble(error)
    }
  }

  private func precompile(with toolchain: WasmtimeToolchain, _ finding: ProgramFinding) throws -> RunSummary {
    do {
      return try Precompiler(request, with: [toolchain], observer: finding, cancellation: cancellation).run()
    } catch {
      if case .cache(let error) = error { throw CacheTrouble(error) }
      throw RunFailure(error)
    }
  }
}

/// A module or a component that is ready to be instantiated, and what made it.
struct LoadedProgram {
  let code: ProgramCode
  let engine: ProgramEngine
  /// False if there was trouble with the cache.
  var isFromCache = true
}

/// The engine that runs a program: the one that its artifact was made with.
struct ProgramEngine {
  /// The toolchain, with one wish.
  let toolchain: WasmtimeToolchain
  let identity: ArtifactIdentity

  /// Loads it into this process.
  func load() throws(RunFailure) -> Engine {
    let path = toolchain.location.path
    let failure: String
    do {
      let library = try EngineLibrary(path: path)
      if try library.file.build() == identity.build {
        toolchain.settings[0].configuration.setEnvironment()
        return try Engine(library: library, settings: toolchain.settings[0], parallel: false)
      }
      failure = "was replaced meanwhile: run again"
    } catch EngineError.cannotLoad(let reason) {
      failure = "cannot be loaded: \(reason)"
    } catch {
      failure = "\(error)"
    }
    throw RunFailure(status: .engineUnavailable, message: "the engine \(path.printable) \(failure)")
  }
}

/// Why the cache is of no use.
private struct CacheTrouble: Error {
  let what: String

  init(what: String) { self.what = what }

  init(_ error: CacheError) { what = RunFailure(error).message }

  init(_ lost: ArtifactLost) {
    what = lost.isCorrupt ? "the artifact that was just made is corrupt" : RunFailure(lost.error).message
  }
}

/// The artifact was there when the run ended, and is not when it is opened.
private struct ArtifactLost: Error {
  let error: CacheError
  let isCorrupt: Bool
}
