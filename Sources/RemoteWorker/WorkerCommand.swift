package import WasmEngine

/// What `wasmprecompile-worker` is asked for: to compile one file with one engine library, and settings of which it infers none.
package struct WorkerCommand: Hashable, Sendable {
  package let library: String
  package let module: String
  package let artifact: String
  package let settings: EngineSettings

  /// - Parameters:
  ///   - library: the engine library's path, as all of these.
  ///   - settings: those of the host. Their processor must be a named one with its features: a worker has another.
  package init(library: String, module: String, artifact: String, settings: EngineSettings) {
    self.library = library
    self.module = module
    self.artifact = artifact
    self.settings = settings
  }

  private static let (backend, optimization) = ("--backend=", "--opt-level=")
  private static let (features, processor, setting) = ("--features=", "--processor=", "--setting=")

  package var arguments: [String] {
    [
      library, module, artifact, Self.backend + settings.backend.rawValue,
      Self.optimization + settings.optimization.rawValue, Self.features + settings.features.rawValue,
      Self.processor + settings.cpu.description,
    ] + settings.configuration.texts.map { Self.setting + $0 }
  }

  /// - Returns: nil unless these are all the arguments that it needs.
  package init?(_ arguments: [String]) {
    guard arguments.count >= 7 else { return nil }
    func value(_ position: Int, _ name: String) -> String? {
      let argument = arguments[position]
      return argument.hasPrefix(name) ? String(argument.dropFirst(name.count)) : nil
    }
    let texts = arguments.indices.dropFirst(7).map { value($0, Self.setting) }
    guard let backend = value(3, Self.backend).map(Backend.init(rawValue:)),
      Backend.libwasmtime.contains(backend),
      let optimization = value(4, Self.optimization).flatMap(OptimizationLevel.init(rawValue:)),
      let features = value(5, Self.features).flatMap(FeaturePolicy.init(rawValue:)),
      let processor = value(6, Self.processor).flatMap(CPUTarget.init),
      // Pulley's code is the same for all.
      !processor.isNative || backend == .pulley, !texts.contains(nil),
      let configuration = try? EngineConfiguration(texts.compactMap(\.self))
    else { return nil }
    self.init(
      library: arguments[0], module: arguments[1], artifact: arguments[2],
      settings: EngineSettings(
        backend: backend, optimization: optimization, cpu: processor, features: features, configuration: configuration))
  }
}

extension EngineSettings {
  /// The same for a machine with another processor.
  ///
  /// - Parameter record: what the engine says of itself on this machine.
  /// - Returns: nil if that does not say what the processor has.
  package func elsewhere(_ record: CompatibilityRecord) -> EngineSettings? {
    if backend == .pulley || !cpu.isNative { return self }
    guard let parts = RecordParts(record) else { return nil }
    let features = parts.processor.filter { $0.value == "true" && $0.name.hasPrefix(Self.feature) }
      .map { "+\($0.name.dropFirst(Self.feature.count))" }
    guard let cpu = CPUTarget((["baseline"] + features).joined(separator: ",")) else { return nil }
    return EngineSettings(
      backend: backend, optimization: optimization, cpu: cpu, features: self.features, configuration: configuration)
  }

  /// What Cranelift's flags for features of the processor begin with.
  private static let feature = "has_"
}
