internal import Synchronization
internal import WasmEngine

/// One backend's engine, and its parts of the caches.
///
/// A host loads artifacts that assume little of it, and those that assume everything it has. They are filed apart, because
/// only the former are for other hosts, too.
final class EnginePart: Sendable {
  let engine: Engine
  let identity: ArtifactIdentity
  /// Compiles what the caches do not have; nil for an engine that the program made itself, which compiles alone.
  private let compiler: ModuleCompiler?
  /// The parts, in the order in which they are looked at: of the cache itself, and then of the lower ones.
  private let layers: [VerifiedEntries]
  /// The cache's own parts, for what may be written.
  private let directories: [FeaturePolicy: EngineDirectory]
  private let writers = Mutex<[FeaturePolicy: EngineWriter]>([:])

  /// - Parameter caches: the cache itself, and then the lower ones.
  init(_ engine: Engine, _ identity: ArtifactIdentity, _ caches: [CacheDirectory], _ catalog: LoadingCatalog) {
    self.engine = engine
    self.identity = identity
    compiler =
      engine.isAdopted || engine.settings.features == .all
      ? nil : try? ModuleCompiler(library: engine.library, settings: engine.settings)
    // One that was made by the program itself takes what others made with as little as possible, too.
    let policies: [FeaturePolicy] = engine.isAdopted || identity.features == .least ? [.least, .all] : [.all]
    let identities = policies.map { identity.with($0) }
    layers = caches.flatMap { cache in
      identities.map { VerifiedEntries(EngineDirectory($0, in: cache), catalog) }
    }
    var directories: [FeaturePolicy: EngineDirectory] = [:]
    for one in identities { directories[one.features] = EngineDirectory(one, in: caches[0]) }
    self.directories = directories
  }

  /// How much of WebAssembly the artifacts assume that ``compile(_:)`` makes.
  var features: FeaturePolicy { compiler == nil ? .all : .least }

  /// Opens a module's artifact, in the first cache that has it.
  ///
  /// - Throws: why the cache itself does not have it, if none has.
  func open(_ module: WasmHash) throws(CacheError) -> Artifact {
    var failure: CacheError?
    for layer in layers {
      do { return try layer.open(module) } catch {
        // That nobody has compiled it says less than that somebody did who is not trusted.
        if case .refused = error, case .missing(_, _, .newModule)? = failure { failure = nil }
        failure = failure ?? error
      }
    }
    throw failure ?? .missing(module, identity.backend, .newModule)
  }

  /// Loads a module's artifact from the first cache that has it.
  ///
  /// - Throws: as ``open(_:)`` does, and if the engine refuses it.
  func load<Code: CompiledCode>(_ module: WasmHash) throws(CacheError) -> Code {
    var failure: CacheError?
    for layer in layers {
      if let code: Code = layer.loadProven(module, with: engine) { return code }
      let artifact: Artifact
      do { artifact = try layer.open(module) } catch {
        failure = failure ?? error
        continue
      }
      return try artifact.load(with: engine)
    }
    throw failure ?? .missing(module, identity.backend, .newModule)
  }

  /// Compiles a module or a component on all processors.
  ///
  /// - Returns: the code, and its artifact.
  func compile<Code: CompiledCode>(_ bytes: [UInt8]) throws(EngineError) -> (code: Code, artifact: [UInt8]) {
    guard let compiler else {
      let compiled = try Code(compiling: bytes, with: engine)
      return (compiled, try compiled.serialize())
    }
    let result = bytes.withUnsafeBytes { bytes in
      Result { () throws(EngineError) in
        try compiler.compile(bytes, as: Code.kind, parallel: true) { Array($0) }
      }
    }
    let artifact = try result.get()
    do { return (try Code(compiled: artifact, with: engine), artifact) } catch {
      throw .cannotSerialize(message: error.reason)
    }
  }

  func writer(_ publisher: Publisher, _ features: FeaturePolicy) throws(CacheError) -> EngineWriter {
    let made = writers.withLock { writers -> Result<EngineWriter, CacheError> in
      if let known = writers[features] { return .success(known) }
      guard let directory = directories[features] else {
        return .failure(.serialize(reason: "the cache has no place for it"))
      }
      let made = Result { () throws(CacheError) in try EngineWriter(directory, publisher) }
      writers[features] = try? made.get()
      return made
    }
    return try made.get()
  }
}
