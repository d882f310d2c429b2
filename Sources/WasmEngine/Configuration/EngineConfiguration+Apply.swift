internal import CWasmtime
internal import Glibc

extension EngineConfiguration {
  /// Sets everything on a configuration of the library's.
  ///
  /// - Throws: ``EngineError/unsupportedSettings(reason:)`` for the first setting that this release lacks.
  func apply(to config: OpaquePointer, of library: EngineLibrary) throws(EngineError) {
    for entry in entries {
      let setting = entry.setting
      if setting.name == EngineSetting.backtraceDetails { continue }
      if setting.isCraneliftFlag {
        library.setFlag(String(setting.name.dropFirst(EngineSetting.craneliftPrefix.count)), entry.value, on: config)
        continue
      }
      guard case .decides(let accesses) = setting.effect,
        try library.set(setting, accesses, entry.value, on: config)
      else { throw .unsupportedSettings(reason: setting.absence(from: library)) }
    }
    // The library looks at the environment itself, when a configuration is made.
    if hasBacktraceDetails && !Self.environmentHasBacktraceDetails {
      throw .unsupportedSettings(reason: "the environment of this process must have WASMTIME_BACKTRACE_DETAILS=1")
    }
  }

  /// Makes the environment as engines with these settings must find it. Only a process that is ours alone may do this.
  package func setEnvironment() {
    guard hasBacktraceDetails != Self.environmentHasBacktraceDetails else { return }
    setenv("WASMTIME_BACKTRACE_DETAILS", hasBacktraceDetails ? "1" : "0", 1)
  }

  /// What the environment of this process sets on engines that are made in it.
  package static var ofEnvironment: EngineConfiguration {
    var configuration = EngineConfiguration()
    if environmentHasBacktraceDetails { try? configuration.set(EngineSetting.backtraceDetails, to: "true") }
    return configuration
  }

  /// Whether engines that this process makes find `WASMTIME_BACKTRACE_DETAILS=1`.
  package static var environmentHasBacktraceDetails: Bool {
    guard let value = getenv("WASMTIME_BACKTRACE_DETAILS") else { return false }
    return String(cString: value) == "1"
  }
}

extension FeatureLevel {
  /// Switches off what the level does without. What this release has no switch for stays as it is.
  func apply(to config: OpaquePointer, of library: EngineLibrary, for kind: ModuleKind) throws(EngineError) {
    for name in settingsOff(for: kind) {
      guard let setting = EngineSetting.named(name), case .decides(let accesses) = setting.effect else { continue }
      _ = try library.set(setting, accesses, "false", on: config)
    }
  }
}

extension EngineSetting {
  /// Whether it stands for a flag of Cranelift itself.
  var isCraneliftFlag: Bool { name.hasPrefix(Self.craneliftPrefix) && !Self.all.contains { $0.name == name } }

  /// That a release lacks it, and which have it.
  fileprivate func absence(from library: EngineLibrary) -> String {
    guard case .decides(let accesses) = effect, let first = accesses.map(\.since).min() else {
      return "this release has no setting \(name)"
    }
    return "this release cannot be given \(name) through its C API: releases since \(first) can"
  }
}

extension EngineLibrary {
  /// - Returns: false if this release has no function for it.
  fileprivate func set(
    _ setting: EngineSetting, _ accesses: [EngineSetting.Access], _ value: String, on config: OpaquePointer
  ) throws(EngineError) -> Bool {
    let usable = accesses.first { access in
      access.functions.allSatisfy { cwasmtime_config_has(api.pointer, $0) }
    }
    guard let access = usable else { return false }
    for function in access.functions {
      switch setting.form {
      case .toggle: cwasmtime_config_set_toggle(api.pointer, config, function, (value == "true") != access.isInverted)
      case .number where setting.name == EngineSetting.fuel:
        cwasmtime_config_set_toggle(api.pointer, config, function, value == "true")
      case .number:
        guard let number = UInt64(value) else { return false }
        cwasmtime_config_set_number(api.pointer, config, function, number)
      case .choice(let words):
        guard let code = words.firstIndex(of: value) else { return false }
        cwasmtime_config_set_number(api.pointer, config, function, UInt64(code))
      case .text: return false
      }
    }
    return true
  }

  /// Whether it is release 28 or a later one, as its functions tell before it has made anything.
  var isSince28: Bool { cwasmtime_config_has(api.pointer, "wasmtime_config_memory_reservation_set") }

  /// Sets a flag of Cranelift. The process ends when the engine is made if there is no such flag.
  func setFlag(_ name: String, _ value: String, on config: OpaquePointer) {
    if value.isEmpty {
      api.table.config_flag_enable(config, name)
    } else {
      api.table.config_flag_set(config, name, value)
    }
  }
}
