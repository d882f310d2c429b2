internal import WasmEngine

extension EngineSettings {
  /// The same with one setting more.
  func setting(_ name: String, _ value: String) -> EngineSettings {
    var all = configuration
    try? all.set(name, to: value)
    return EngineSettings(
      backend: backend, optimization: optimization, cpu: cpu, features: features, configuration: all)
  }

  func without(_ name: String) -> EngineSettings {
    EngineSettings(
      backend: backend, optimization: optimization, cpu: cpu, features: features,
      configuration: configuration.without(name))
  }

  func setting(cpu: CPUTarget) -> EngineSettings {
    EngineSettings(
      backend: backend, optimization: optimization, cpu: cpu, features: features, configuration: configuration)
  }

  /// The same with what another has that a third has not.
  func taking(_ other: EngineSettings, over base: EngineSettings) -> EngineSettings {
    var all = configuration
    for entry in other.configuration.entries where base.configuration[entry.setting.name] != entry.value {
      try? all.set(entry.setting.name, to: entry.value)
    }
    return EngineSettings(
      backend: other.backend == base.backend ? backend : other.backend,
      optimization: other.optimization == base.optimization ? optimization : other.optimization,
      cpu: other.cpu == base.cpu ? cpu : other.cpu, features: features, configuration: all)
  }
}
