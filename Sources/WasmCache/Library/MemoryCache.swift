internal import Synchronization
public import WasmEngine

/// A cache that lasts as long as its value, for tests of programs that use a ``Cache``.
///
/// Any number of threads may use one value.
public final class MemoryCache: Cache, Sendable {
  public let backends: [Backend]
  private let library: EngineLibrary
  private let modules = Mutex<[Place: Module]>([:])
  private let engines = Mutex<[Backend: Result<Engine, CacheError>]>([:])

  private struct Place: Hashable {
    var module: WasmHash
    var backend: Backend
  }

  /// Makes an empty cache.
  public init(engine: EngineLibrary, backends: [Backend] = [.cranelift, .winch]) {
    library = engine
    self.backends = backends
  }

  public func load(_ module: WasmHash, backend: Backend) throws(CacheError) -> Module {
    let found = modules.withLock { $0[Place(module: module, backend: backend)] }
    guard let found else { throw .missing(module, backend, .newModule) }
    return found
  }

  public func store(_ module: WasmHash, _ compiled: Module) throws(CacheError) {
    modules.withLock { $0[Place(module: module, backend: compiled.info.backend)] = compiled }
  }

  public func load(orCompile module: [UInt8]) throws(CacheError) -> Module {
    let hash = WasmHash.generate(module)
    if let known = try? load(hash) { return known }
    guard let backend = backends.first else { throw .noBackend }
    let engine = try engine(backend)
    let compiled: Module
    do { compiled = try Module(compiling: module, with: engine) } catch { throw .compile(error) }
    try store(hash, compiled)
    return compiled
  }

  private func engine(_ backend: Backend) throws(CacheError) -> Engine {
    let engine = engines.withLock { engines in
      if let known = engines[backend] { return known }
      let made = Result { () throws(CacheError) in
        let engine = try Engine(checking: EngineSettings(backend: backend), of: library)
        _ = try engine.identity()
        return engine
      }
      engines[backend] = made
      return made
    }
    return try engine.get()
  }
}
