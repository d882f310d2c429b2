package import LinuxIO

/// What an engine compiles and loads: a ``Module`` or a ``Component``. The library has the same functions for both, under
/// two names.
package protocol CompiledCode: AnyObject, Sendable {
  /// Which of the two it is.
  static var kind: ModuleKind { get }

  var engine: Engine { get }
  var info: Module.Info { get }

  init(compiling bytes: [UInt8], with engine: Engine) throws(EngineError)

  /// Takes over the library's own object.
  init(taking handle: OpaquePointer, of engine: Engine, _ origin: Module.Info.Origin)

  func serialize() throws(EngineError) -> [UInt8]
}

extension CompiledCode {
  /// Loads an artifact from an open file, and no other that its path may lead to by now.
  package init(artifactIn file: borrowing Descriptor, with engine: Engine) throws(ArtifactError) {
    try self.init(artifactAt: OpenFilePath(file), with: engine)
  }

  /// Loads an artifact from whatever file its path leads to.
  package init(artifactAt path: some PathText, with engine: Engine) throws(ArtifactError) {
    let handle = try engine.loaded(Self.kind) { functions, code in
      path.withCText { functions.deserializeFile(engine.handle, $0, &code) }
    }
    self.init(taking: handle, of: engine, .loaded)
  }

  /// Loads an artifact that was compiled just now, for this engine.
  package init(compiled artifact: [UInt8], with engine: Engine) throws(ArtifactError) {
    self.init(taking: try engine.loaded(Self.kind, artifact), of: engine, .compiled)
  }
}

extension Module: CompiledCode {
  package static var kind: ModuleKind { .coreModule }
}

extension Component: CompiledCode {
  package static var kind: ModuleKind { .component }
}
