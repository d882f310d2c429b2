internal import LinuxIO
internal import Precompiler
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// Gets a module ready to be instantiated: from the cache, into which it is compiled first if need be, or without one
/// where there is trouble with it.
struct ProgramLoader {
  private let path: FilePath
  private let settings: EngineSettings
  private let request: PrecompileRequest
  private let cancellation: Cancellation

  /// - Parameter request: for one file and one backend.
  init(_ request: PrecompileRequest, cancellation: Cancellation) {
    var request = request
    request.isWanted = { $0.content.facts.kind == .coreModule }
    path = request.roots[0]
    settings = request.settings[0]
    self.request = request
    self.cancellation = cancellation
  }

  /// Loads the module from the cache. What is wrong with the cache is said, and the module compiled without it.
  func load() throws -> LoadedProgram {
    guard (try? Descriptor.status(of: path).kind) != .directory else {
      throw ProgramEnd(path, "is a directory: name one of its modules")
    }
    do {
      // That an artifact is corrupt is only found when it is opened; then it is moved aside and compiled again.
      if let program = try loadFromCache() ?? loadFromCache() { return program }
      throw CacheTrouble(what: "the artifact that was just made is corrupt")
    } catch let trouble as CacheTrouble {
      Output.error.write(
        "\(CommandLineTool.name): warning: \(trouble.what): the module is compiled without the cache\n")
      return try compile(with: probe())
    }
  }

  /// Compiles the module in a child, as if there were no cache.
  func compile(with engine: ProgramEngine) throws -> LoadedProgram {
    let compilation = LoneCompilation(
      engine: engine.file, identity: engine.identity, within: request, cancellation: cancellation)
    do {
      guard let artifact = try compilation.compile(path) else { throw ProgramEnd.component(path) }
      return LoadedProgram(module: try Module(artifact: artifact, with: engine.load()), engine: engine)
    } catch let failure as ModuleFailure {
      throw ProgramEnd(path, failure)
    } catch let error as ArtifactError {
      throw ProgramEnd(path, .compilerMisbehaved(what: "an artifact that cannot be loaded: \(error)"))
    }
  }

  /// Asks the engine, because there is no cache that knows it.
  private func probe() throws -> ProgramEngine {
    do {
      let file = try request.engines.find()
      let probe = EngineProbe(
        file, program: .thisExecutable, policy: request.confinement, cancellation: cancellation)
      switch try probe.identify([settings]).identities[0] {
      case .success(let identity): return ProgramEngine(file: file, identity: identity)
      case .failure(let reason):
        throw RunFailure(PrecompileError.backendUnavailable(settings, file.location, reason))
      }
    } catch let error as EngineSearchError {
      throw RunFailure(error)
    } catch let error as EngineUnusable {
      throw RunFailure(error)
    }
  }

  /// - Returns: nil if the artifact was corrupt.
  private func loadFromCache() throws -> LoadedProgram? {
    let finding = ProgramFinding()
    let summary = try precompile(finding)
    if let complaint = finding.complaint { throw ProgramEnd(path, complaint) }
    switch finding.failure {
    case .cache(let error): throw CacheTrouble(error)
    case let failure?: throw ProgramEnd(path, failure)
    case nil: break
    }
    guard let content = summary.plan.contents.first, let directory = summary.directories.first ?? nil,
      let identity = summary.engines.first, let location = finding.engine
    else { throw ProgramEnd(path, .vanished) }
    guard content.facts.kind == .coreModule else { throw ProgramEnd.component(path) }
    let engine: ProgramEngine
    do { engine = ProgramEngine(file: try EngineFile(location), identity: identity) } catch {
      throw RunFailure(EngineUnusable.unreadable(location, reason: error.description))
    }
    let loaded = try engine.load()
    do throws(CacheError) {
      let entries = VerifiedEntries(directory, LoadingCatalog(of: directory.cache, isWritable: true))
      let artifact = try entries.open(content.facts.hash)
      return LoadedProgram(module: try artifact.load(with: loaded), engine: engine)
    } catch .missing(_, _, .artifactCorrupt) {
      return nil
    } catch {
      throw CacheTrouble(error)
    }
  }

  private func precompile(_ finding: ProgramFinding) throws -> RunSummary {
    do {
      return try Precompiler(request, observer: finding, cancellation: cancellation).run()
    } catch {
      if case .cache(let error) = error { throw CacheTrouble(error) }
      throw RunFailure(error)
    }
  }
}

/// A module that is ready to be instantiated, and what made it.
struct LoadedProgram {
  let module: Module
  let engine: ProgramEngine
}

/// The engine that runs a program: the one that its artifact was made with.
struct ProgramEngine {
  let file: EngineFile
  let identity: EngineIdentity

  /// Loads it into this process.
  func load() throws(RunFailure) -> Engine {
    let failure: String
    do {
      let library = try EngineLibrary(path: file.location.path)
      if try library.file.build() == identity.libraryBuild {
        return try Engine(library: library, settings: identity.settings, parallel: false)
      }
      failure = "was replaced meanwhile: run again"
    } catch {
      failure = "\(error)"
    }
    throw RunFailure(status: .engineUnavailable, message: "the engine \(file.location.path.printable) \(failure)")
  }
}

/// Why there is no use in the cache.
private struct CacheTrouble: Error {
  let what: String

  init(what: String) { self.what = what }

  init(_ error: CacheError) { what = RunFailure(error).message }
}
