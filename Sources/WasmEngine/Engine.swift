internal import CWasmtime

/// A compiler: one library with one set of settings.
///
/// Compiling in a program's own process is that program's choice. The library aborts the process on its internal errors.
/// The time that a module takes is not bounded, whatever its size. `wasmprecompile` compiles in child processes.
///
/// `@unchecked`, because the library's documentation lets any thread use an engine.
public final class Engine: @unchecked Sendable {
  /// The library that the engine is part of.
  public let library: EngineLibrary
  /// The settings that it compiles with and loads artifacts of.
  public let settings: EngineSettings
  private let engine: OpaquePointer

  /// Makes a compiler.
  ///
  /// Some releases abort the process on settings that they do not know, so hostile or unproven settings belong into a
  /// process that may die.
  ///
  /// - Parameters:
  ///   - library: the library that makes it.
  ///   - settings: the code that it generates. It loads only artifacts that were made with the same settings.
  ///   - parallel: whether one module is compiled on several threads; the bytes are the same either way.
  /// - Throws: ``EngineError/unsupportedSettings(reason:)``.
  public convenience init(library: EngineLibrary, settings: EngineSettings, parallel: Bool) throws(EngineError) {
    try self.init(library: library, settings: settings, level: .all, for: .coreModule, parallel: parallel)
  }

  /// Makes a compiler with less of WebAssembly.
  ///
  /// - Parameter kind: what it is going to compile.
  package init(
    library: EngineLibrary, settings: EngineSettings, level: FeatureLevel, for kind: ModuleKind, parallel: Bool
  ) throws(EngineError) {
    self.library = library
    let settings = settings.inThisEnvironment
    self.settings = settings
    guard Backend.libwasmtime.contains(settings.backend) else {
      throw .unsupportedSettings(reason: "no libwasmtime has a backend \(settings.backend.rawValue)")
    }
    let api = library.api.table
    guard let config = api.config_new() else { throw .unsupportedSettings(reason: "the engine made no configuration") }
    api.config_parallel_compilation_set(config, parallel)
    switch settings.backend {
    case .cranelift, .pulley:
      api.config_strategy_set(config, UInt8(CWASMTIME_STRATEGY_CRANELIFT.rawValue))
      api.config_opt_level_set(config, settings.optimization.code)
    case .winch:
      api.config_strategy_set(config, UInt8(CWASMTIME_STRATEGY_WINCH.rawValue))
    default: break
    }
    if let target = settings.target, let reason = library.message(taking: api.config_target_set(config, target)) {
      throw .unsupportedSettings(reason: reason.singleLine)
    }
    for flag in settings.cpu.flags where library.isSince28 || !CPUTarget.sinceRelease28.contains(flag.feature) {
      library.setFlag("has_\(flag.feature)", "\(flag.isOn)", on: config)
    }
    try settings.configuration.apply(to: config, of: library)
    try level.apply(to: config, of: library, for: kind)
    // This call consumes the configuration.
    guard let engine = api.engine_new(config) else {
      throw .unsupportedSettings(reason: "the engine could not be made")
    }
    self.engine = engine
    isAdopted = false
  }

  /// Takes an engine that the program made itself with the library's functions, whatever was set on it.
  ///
  /// Its own account of itself (``compatibilityRecord()``) says which artifacts it loads.
  ///
  /// - Parameters:
  ///   - engine: a `wasm_engine_t *`. It stays the caller's, and must live as long as this.
  ///   - library: the library that made it.
  ///   - backend: the code generator that was chosen for it, which the engine cannot be asked for.
  public init(adopting engine: OpaquePointer, of library: EngineLibrary, backend: Backend = .cranelift) {
    self.library = library
    settings = EngineSettings(backend: backend, features: .all)
    self.engine = engine
    isAdopted = true
  }

  deinit { if !isAdopted { library.api.table.engine_delete(engine) } }

  /// Whether the program made it itself, so that ``settings`` says nothing but the backend.
  package let isAdopted: Bool

  /// The library's own engine, a `wasm_engine_t *`, to pass to its other functions; valid as long as this lives.
  public var handle: OpaquePointer { engine }

  /// Compiles a module and gives the artifact's bytes to `body`.
  ///
  /// - Parameters:
  ///   - module: the bytes of a module or a component, in WebAssembly's binary format.
  ///   - kind: which of the two it is.
  ///   - body: gets the bytes, which are valid until it returns.
  /// - Throws: why the engine did not compile it.
  public func compile<Result>(
    _ module: UnsafeRawBufferPointer, as kind: ModuleKind, body: (UnsafeRawBufferPointer) -> Result
  ) throws(EngineError) -> Result {
    let compiled = try compiled(module, as: kind)
    defer { delete(compiled, kind) }
    return try withArtifact(of: compiled, kind, body)
  }

  /// Compiles the empty module to learn what this engine's artifacts are good for.
  ///
  /// - Throws: ``EngineError/unsupportedSettings(reason:)`` where artifacts carry no record, or why the engine did not
  ///   compile the module.
  public func compatibilityRecord() throws(EngineError) -> CompatibilityRecord {
    let record = try emptyModule().withUnsafeBytes { CompatibilityRecord(artifact: $0) }
    guard let record else {
      throw .unsupportedSettings(reason: "its artifacts carry no section \(CompatibilityRecord.sectionName)")
    }
    return record
  }

  /// The artifact of the empty module.
  func emptyModule() throws(EngineError) -> [UInt8] {
    let module: [UInt8] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]
    let result = module.withUnsafeBytes { bytes in
      Result { () throws(EngineError) in try compile(bytes, as: .coreModule) { Array($0) } }
    }
    return try result.get()
  }
}

extension OptimizationLevel {
  fileprivate var code: UInt8 {
    switch self {
    case .none: UInt8(CWASMTIME_OPT_NONE.rawValue)
    case .speed: UInt8(CWASMTIME_OPT_SPEED.rawValue)
    case .speedAndSize: UInt8(CWASMTIME_OPT_SPEED_AND_SIZE.rawValue)
    }
  }
}

extension EngineSettings {
  /// The target triple to ask for; nil lets the engine find out this machine's and its processor's features.
  fileprivate var target: String? {
    if backend == .pulley { return "pulley64" }
    return cpu.isNative ? nil : Self.hostTriple
  }

  #if arch(x86_64)
    private static let hostTriple = "x86_64-unknown-linux-gnu"
  #elseif arch(arm64)
    private static let hostTriple = "aarch64-unknown-linux-gnu"
  #endif
}

extension String {
  /// The message on one line. The engine spreads causes over several numbered lines. Some releases add a backtrace where
  /// the environment has RUST_BACKTRACE.
  var singleLine: String {
    split(whereSeparator: \.isNewline)
      .prefix { $0 != "Stack backtrace:" }
      .map { line in
        let text = line.drop(while: \.isWhitespace)
        let number = text.prefix(while: \.isNumber)
        let rest = text.dropFirst(number.count)
        return number.isEmpty || !rest.hasPrefix(": ") ? String(text) : String(rest.dropFirst(2))
      }
      .filter { !$0.isEmpty && $0 != "Caused by:" }
      .joined(separator: ": ")
  }
}
