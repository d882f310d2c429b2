internal import CWasmtime

extension Engine {
  /// Loads an artifact and lets go of it, to learn whether the engine would. Its code does not run.
  ///
  /// - Throws: the engine's own words, on one line.
  package func tryLoading(_ artifact: UnsafeRawBufferPointer, as kind: ModuleKind) throws(ArtifactError) {
    let api = library.api.table
    let start = artifact.bindMemory(to: UInt8.self).baseAddress
    var loaded: OpaquePointer?
    switch kind {
    case .coreModule:
      let error = api.module_deserialize(handle, start, artifact.count, &loaded)
      if let message = library.message(taking: error) { throw ArtifactError(reason: message.singleLine) }
      if let loaded { api.module_delete(loaded) }
    case .component:
      guard let components = api.components?.pointee else {
        throw ArtifactError(reason: "\(EngineError.componentsUnsupported)")
      }
      let error = components.component_deserialize(handle, start, artifact.count, &loaded)
      if let message = library.message(taking: error) { throw ArtifactError(reason: message.singleLine) }
      if let loaded { components.component_delete(loaded) }
    }
  }
}

extension ModuleKind {
  /// The kind of module that an artifact was made of, as the flags of its ELF header say; nil if it is no artifact.
  ///
  /// Source: wasmtime's `environ/src/obj.rs`, `EF_WASMTIME_MODULE` and `EF_WASMTIME_COMPONENT`.
  package init?(artifact: UnsafeRawBufferPointer) {
    guard artifact.count >= 64, let flags: UInt32 = artifact.value(at: 0x30) else { return nil }
    self = flags & 2 != 0 ? .component : .coreModule
  }
}
