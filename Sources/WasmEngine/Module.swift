internal import CWasmtime
package import LinuxIO
public import SystemPackage

/// A compiled core module, ready to be instantiated.
///
/// ``Instance`` runs it. For anything else, pass ``handle`` to the library's own functions.
///
/// `@unchecked`, because the library's documentation lets any thread use a module.
public final class Module: @unchecked Sendable {
  /// The engine that made the module and runs it.
  public let engine: Engine
  /// How the module came to be.
  public let info: Info
  /// The library's own module, a `wasmtime_module_t *`; valid as long as this lives.
  public let handle: OpaquePointer

  /// How a module came to be.
  public struct Info: Hashable, Sendable {
    /// The code generator that made the module's code.
    public let backend: Backend
    /// Whether the code was compiled here or loaded.
    public let origin: Origin

    /// Where the code of a module comes from.
    public enum Origin: Hashable, Sendable {
      /// Compiled in this process.
      case compiled
      /// Loaded from an artifact.
      case loaded
    }

    /// Makes an account of a module, as to compare with.
    public init(backend: Backend, origin: Origin) {
      self.backend = backend
      self.origin = origin
    }
  }

  /// Compiles a module in this process; see ``Engine`` for what that can cost.
  ///
  /// - Parameters:
  ///   - module: the bytes of a core module, in WebAssembly's binary format.
  ///   - engine: the compiler; the module keeps it alive.
  /// - Throws: ``EngineError/invalidModule(message:)``.
  public convenience init(compiling module: [UInt8], with engine: Engine) throws(EngineError) {
    var compiled: OpaquePointer?
    let api = engine.library.api.table
    let error = module.withUnsafeBufferPointer { api.module_new(engine.handle, $0.baseAddress, $0.count, &compiled) }
    if let message = engine.library.message(taking: error) { throw .invalidModule(message: message.singleLine) }
    guard let compiled else { throw .invalidModule(message: "the engine gave no module") }
    self.init(compiled, engine, .compiled)
  }

  /// Loads an artifact from a file, which is mapped into memory and must not be changed while the module lives.
  ///
  /// The engine does not check the artifact's bytes and runs whatever they say. Load from a cache, which checks them, or
  /// only files that nobody else can write.
  ///
  /// - Parameters:
  ///   - path: a file with what ``serialize()`` gave.
  ///   - engine: the same library with the same settings as made the artifact.
  /// - Throws: the engine's reason, as when another build or other settings made the artifact.
  public convenience init(artifactAt path: FilePath, with engine: Engine) throws(ArtifactError) {
    try self.init(engine) { api, engine, module in
      path.withPlatformString { api.module_deserialize_file(engine, $0, &module) }
    }
  }

  /// Loads an artifact from an open file, and no other that its path may lead to by now.
  package convenience init(artifactIn file: borrowing Descriptor, with engine: Engine) throws(ArtifactError) {
    try self.init(engine) { api, engine, module in
      OpenFilePath(file).withCText { api.module_deserialize_file(engine, $0, &module) }
    }
  }

  /// Loads an artifact from memory, under the same condition as ``init(artifactAt:with:)``.
  public convenience init(artifact: [UInt8], with engine: Engine) throws(ArtifactError) {
    try self.init(engine) { api, engine, module in
      artifact.withUnsafeBufferPointer { api.module_deserialize(engine, $0.baseAddress, $0.count, &module) }
    }
  }

  /// Loads an artifact that was compiled just now, for this engine.
  package convenience init(compiled artifact: [UInt8], with engine: Engine) throws(ArtifactError) {
    try self.init(engine, .compiled) { api, engine, module in
      artifact.withUnsafeBufferPointer { api.module_deserialize(engine, $0.baseAddress, $0.count, &module) }
    }
  }

  private convenience init(
    _ engine: Engine, _ origin: Info.Origin = .loaded,
    load: (cwasmtime_api_t, OpaquePointer, inout OpaquePointer?) -> OpaquePointer?
  ) throws(ArtifactError) {
    var module: OpaquePointer?
    let error = load(engine.library.api.table, engine.handle, &module)
    if let message = engine.library.message(taking: error) { throw ArtifactError(reason: message.singleLine) }
    guard let module else { throw ArtifactError(reason: "the engine gave no module") }
    self.init(module, engine, origin)
  }

  private init(_ handle: OpaquePointer, _ engine: Engine, _ origin: Info.Origin) {
    self.handle = handle
    self.engine = engine
    info = Info(backend: engine.settings.backend, origin: origin)
  }

  deinit { engine.library.api.table.module_delete(handle) }

  /// Checks that a module is valid, without compiling it.
  ///
  /// - Parameters:
  ///   - module: the bytes of a core module, in WebAssembly's binary format.
  ///   - engine: decides which proposals are known.
  /// - Throws: ``EngineError/invalidModule(message:)``.
  public static func validate(_ module: [UInt8], with engine: Engine) throws(EngineError) {
    let error = module.withUnsafeBufferPointer {
      engine.library.api.table.module_validate(engine.handle, $0.baseAddress, $0.count)
    }
    if let message = engine.library.message(taking: error) { throw .invalidModule(message: message.singleLine) }
  }

  /// The artifact: bytes from which the same engine can load the module again.
  ///
  /// - Throws: ``EngineError/cannotSerialize(message:)``.
  public func serialize() throws(EngineError) -> [UInt8] { try withArtifact { Array($0) } }

  /// Gives the artifact's bytes to `body` without a copy.
  package func withArtifact<Result>(_ body: (UnsafeRawBufferPointer) -> Result) throws(EngineError) -> Result {
    let api = engine.library.api.table
    var artifact = cwasmtime_bytes_t()
    if let message = engine.library.message(taking: api.module_serialize(handle, &artifact)) {
      throw .cannotSerialize(message: message.singleLine)
    }
    defer { api.bytes_delete(&artifact) }
    return body(UnsafeRawBufferPointer(start: artifact.data, count: artifact.size))
  }
}
