public import SystemPackage

/// A compiled component, ready to be instantiated.
///
/// ``ComponentInstance`` runs it. For anything else, pass ``handle`` to the library's own functions. Releases before 36 do
/// not have them; there, every way to get a component fails.
///
/// `@unchecked`, because the library's documentation lets any thread use a component.
public final class Component: @unchecked Sendable {
  /// The engine that made the component and runs it.
  public let engine: Engine
  /// How the component came to be.
  public let info: Module.Info
  /// The library's own component, a `wasmtime_component_t *`; valid as long as this lives.
  public let handle: OpaquePointer

  /// Compiles a component in this process; see ``Engine`` for what that can cost.
  ///
  /// - Parameters:
  ///   - component: the bytes of a component, in WebAssembly's binary format.
  ///   - engine: the compiler; the component keeps it alive.
  /// - Throws: ``EngineError/invalidModule(message:)``, ``EngineError/wrongKind(_:)`` for a core module, or
  ///   ``EngineError/componentsUnsupported``.
  public convenience init(compiling component: [UInt8], with engine: Engine) throws(EngineError) {
    self.init(taking: try engine.compiled(component, as: .component), of: engine, .compiled)
  }

  /// Loads an artifact from a file, which is mapped into memory and must not be changed while the component lives.
  ///
  /// The engine does not check the artifact's bytes and runs whatever they say. Load from a cache, which checks them, or
  /// only files that nobody else can write.
  ///
  /// - Parameters:
  ///   - path: a file with what ``serialize()`` gave.
  ///   - engine: the same library with the same settings as made the artifact.
  /// - Throws: the engine's reason, as when another build or other settings made the artifact.
  public convenience init(artifactAt path: FilePath, with engine: Engine) throws(ArtifactError) {
    let handle = try engine.loaded(.component) { functions, component in
      path.withPlatformString { functions.deserializeFile(engine.handle, $0, &component) }
    }
    self.init(taking: handle, of: engine, .loaded)
  }

  /// Loads an artifact from memory, under the same condition as ``init(artifactAt:with:)``.
  public convenience init(artifact: [UInt8], with engine: Engine) throws(ArtifactError) {
    self.init(taking: try engine.loaded(.component, artifact), of: engine, .loaded)
  }

  package init(taking handle: OpaquePointer, of engine: Engine, _ origin: Module.Info.Origin) {
    self.handle = handle
    self.engine = engine
    info = Module.Info(backend: engine.settings.backend, origin: origin)
  }

  deinit { engine.delete(handle, .component) }

  /// The artifact: bytes from which the same engine can load the component again.
  ///
  /// - Throws: ``EngineError/cannotSerialize(message:)``.
  public func serialize() throws(EngineError) -> [UInt8] {
    try engine.withArtifact(of: handle, .component) { Array($0) }
  }
}
