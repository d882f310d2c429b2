public import WasmEngine

/// What keeps compiled modules, each under the hash of the bytes that it was compiled from.
///
/// ``FileSystemCache`` is the one that `wasmprecompile` fills; ``MemoryCache`` stands in for it in tests.
public protocol Cache {
  /// The backends whose code is good enough, the best first.
  var backends: [Backend] { get }

  /// Loads a module as the first of ``backends`` that it is there for.
  func load(_ module: WasmHash) throws(CacheError) -> Module

  /// Loads a module as one backend compiled it.
  func load(_ module: WasmHash, backend: Backend) throws(CacheError) -> Module

  /// Keeps a compiled module, in place of one that is there.
  mutating func store(_ module: WasmHash, _ compiled: Module) throws(CacheError)

  /// Loads a module, or compiles it as the first of ``backends`` and keeps it.
  ///
  /// Compiling is done in this process; see `Engine` for what that can cost.
  mutating func load(orCompile module: [UInt8]) throws(CacheError) -> Module
}

extension Cache {
  public func load(_ module: WasmHash) throws(CacheError) -> Module { try load(module, backends: backends) }

  /// Loads a module as the first of some backends that it can be had from.
  ///
  /// - Throws: what the first backend failed with, if all of them do.
  public func load(_ module: WasmHash, backends: [Backend]) throws(CacheError) -> Module {
    var failure: CacheError?
    for backend in backends {
      do { return try load(module, backend: backend) } catch { failure = failure ?? error }
    }
    throw failure ?? .noBackend
  }
}
