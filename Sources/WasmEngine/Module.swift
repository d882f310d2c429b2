internal import CWasmtime
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
  /// - Throws: ``EngineError/invalidModule(message:)``, or ``EngineError/wrongKind(_:)`` for a component.
  public convenience init(compiling module: [UInt8], with engine: Engine) throws(EngineError) {
    self.init(taking: try engine.compiled(module, as: .coreModule), of: engine, .compiled)
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
    let handle = try engine.loaded(.coreModule) { functions, module in
      path.withPlatformString { functions.deserializeFile(engine.handle, $0, &module) }
    }
    self.init(taking: handle, of: engine, .loaded)
  }

  /// Loads an artifact from memory, under the same condition as ``init(artifactAt:with:)``.
  public convenience init(artifact: [UInt8], with engine: Engine) throws(ArtifactError) {
    self.init(taking: try engine.loaded(.coreModule, artifact), of: engine, .loaded)
  }

  package init(taking handle: OpaquePointer, of engine: Engine, _ origin: Info.Origin) {
    self.handle = handle
    self.engine = engine
    info = Info(backend: engine.settings.backend, origin: origin)
  }

  deinit { engine.delete(handle, .coreModule) }

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
    try engine.withArtifact(of: handle, .coreModule, body)
  }
}
