extension Engine {
  /// Loads an artifact and lets go of it, to learn whether the engine would. Its code does not run.
  ///
  /// - Throws: the engine's own words, on one line.
  package func tryLoading(_ artifact: UnsafeRawBufferPointer, as kind: ModuleKind) throws(ArtifactError) {
    let start = artifact.bindMemory(to: UInt8.self).baseAddress
    let code = try loaded(kind) { functions, code in functions.deserialize(handle, start, artifact.count, &code) }
    delete(code, kind)
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
