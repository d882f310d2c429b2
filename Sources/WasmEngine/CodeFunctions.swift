internal import CWasmtime

/// The library's functions for one kind of code.
struct CodeFunctions {
  typealias Maker =
    @convention(c) (OpaquePointer, UnsafePointer<UInt8>?, Int, UnsafeMutablePointer<OpaquePointer?>) -> OpaquePointer?

  let compile: Maker
  let deserialize: Maker
  let deserializeFile:
    @convention(c) (OpaquePointer, UnsafePointer<CChar>, UnsafeMutablePointer<OpaquePointer?>) -> OpaquePointer?
  let serialize: @convention(c) (OpaquePointer, UnsafeMutablePointer<cwasmtime_bytes_t>) -> OpaquePointer?
  let delete: @convention(c) (OpaquePointer) -> Void
}

extension EngineLibrary {
  func functions(for kind: ModuleKind) throws(EngineError) -> CodeFunctions {
    let api = api.table
    switch kind {
    case .coreModule:
      return CodeFunctions(
        compile: api.module_new, deserialize: api.module_deserialize, deserializeFile: api.module_deserialize_file,
        serialize: api.module_serialize, delete: api.module_delete)
    case .component:
      guard let api = api.components?.pointee else { throw .componentsUnsupported }
      return CodeFunctions(
        compile: api.component_new, deserialize: api.component_deserialize,
        deserializeFile: api.component_deserialize_file, serialize: api.component_serialize,
        delete: api.component_delete)
    }
  }
}

extension Engine {
  /// Compiles a module or a component. The caller owns the library's object.
  func compiled(_ bytes: UnsafeRawBufferPointer, as kind: ModuleKind) throws(EngineError) -> OpaquePointer {
    let functions = try library.functions(for: kind)
    var compiled: OpaquePointer?
    let start = bytes.bindMemory(to: UInt8.self).baseAddress
    if let message = library.message(taking: functions.compile(handle, start, bytes.count, &compiled)) {
      // The engine's own words for this are about parsers.
      if let real = try? ModuleKind(start: bytes, fileSize: bytes.count), real != kind { throw .wrongKind(real) }
      throw .invalidModule(message: message.singleLine)
    }
    guard let compiled else { throw .invalidModule(message: "the engine gave no \(kind.noun)") }
    return compiled
  }

  /// Compiles a module or a component. The caller owns the library's object.
  func compiled(_ bytes: [UInt8], as kind: ModuleKind) throws(EngineError) -> OpaquePointer {
    try bytes.withUnsafeBytes { bytes in Result { () throws(EngineError) in try compiled(bytes, as: kind) } }.get()
  }

  /// Loads an artifact. The caller owns the library's object.
  func loaded(
    _ kind: ModuleKind, _ load: (CodeFunctions, inout OpaquePointer?) -> OpaquePointer?
  ) throws(ArtifactError) -> OpaquePointer {
    let functions: CodeFunctions
    do { functions = try library.functions(for: kind) } catch { throw ArtifactError(reason: "\(error)") }
    var code: OpaquePointer?
    if let message = library.message(taking: load(functions, &code)) { throw ArtifactError(reason: message.singleLine) }
    guard let code else { throw ArtifactError(reason: "the engine gave no \(kind.noun)") }
    return code
  }

  /// Loads an artifact. The caller owns the library's object.
  func loaded(_ kind: ModuleKind, _ artifact: [UInt8]) throws(ArtifactError) -> OpaquePointer {
    try loaded(kind) { functions, code in
      artifact.withUnsafeBufferPointer { functions.deserialize(handle, $0.baseAddress, $0.count, &code) }
    }
  }

  /// Gives an artifact's bytes to `body` without a copy.
  func withArtifact<Result>(
    of code: OpaquePointer, _ kind: ModuleKind, _ body: (UnsafeRawBufferPointer) -> Result
  ) throws(EngineError) -> Result {
    var artifact = cwasmtime_bytes_t()
    if let message = library.message(taking: try library.functions(for: kind).serialize(code, &artifact)) {
      throw .cannotSerialize(message: message.singleLine)
    }
    defer { library.api.table.bytes_delete(&artifact) }
    return body(UnsafeRawBufferPointer(start: artifact.data, count: artifact.size))
  }

  func delete(_ code: OpaquePointer, _ kind: ModuleKind) { try? library.functions(for: kind).delete(code) }
}

extension ModuleKind {
  /// As messages call it.
  package var noun: String {
    switch self {
    case .coreModule: "module"
    case .component: "component"
    }
  }
}
