public import WasmEngine

/// A store of compiled modules, each under the hash of the bytes that it was compiled from.
///
/// ``FileSystemCache`` is the one that `wasmprecompile` fills; ``MemoryCache`` stands in for it in tests.
public protocol Cache {
  /// The backends whose code is good enough, the best first.
  var backends: [Backend] { get }

  /// Loads a module as the first of ``backends`` that it is there for.
  ///
  /// - Throws: the first backend's failure, if all of them fail.
  func load(_ module: WasmHash) throws(CacheError) -> Module

  /// Loads a module as one backend compiled it.
  ///
  /// - Throws: ``CacheError/missing(_:_:_:)`` if it is not there.
  func load(_ module: WasmHash, backend: Backend) throws(CacheError) -> Module

  /// Keeps a compiled module, in place of one that was kept so before.
  ///
  /// - Parameters:
  ///   - module: the hash of the bytes that it was compiled from, which is not checked.
  ///   - compiled: a module of this cache's engine.
  mutating func store(_ module: WasmHash, _ compiled: Module) throws(CacheError)

  /// Loads a module, or compiles it as the first of ``backends`` and keeps it.
  ///
  /// Compiling is done in this process; see `Engine` for what that can cost.
  ///
  /// - Parameter module: the bytes of a core module, in WebAssembly's binary format.
  mutating func load(orCompile module: [UInt8]) throws(CacheError) -> Module
}

extension Cache {
  public func load(_ module: WasmHash) throws(CacheError) -> Module { try load(module, backends: backends) }

  /// Loads a module as the first of some backends for which that succeeds.
  ///
  /// - Throws: the first backend's failure, if all of them fail; ``CacheError/noBackend`` if there is none.
  public func load(_ module: WasmHash, backends: [Backend]) throws(CacheError) -> Module {
    try backends.firstSuccess { backend throws(CacheError) in try load(module, backend: backend) }
  }
}

extension [Backend] {
  /// What the first backend gives for which that succeeds.
  ///
  /// - Throws: the first backend's failure, if all of them fail; ``CacheError/noBackend`` if there is none.
  func firstSuccess<Result>(_ load: (Backend) throws(CacheError) -> Result) throws(CacheError) -> Result {
    var failure: CacheError?
    for backend in self {
      do { return try load(backend) } catch { failure = failure ?? error }
    }
    throw failure ?? .noBackend
  }
}
