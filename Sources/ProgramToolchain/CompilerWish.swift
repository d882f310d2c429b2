package import WasmCache
package import WasmEngine

/// A request to a described compiler, in the words of its description.
package struct CompilerWish: Hashable, Sendable {
  package let settings: EngineSettings
  /// The target triple that was asked for; nil for this machine.
  package let target: String?

  package init(_ settings: EngineSettings, target: String? = nil) {
    self.settings = settings
    self.target = target
  }

  /// The request that ``wish`` tells of; nil if it tells of something that nobody can ask for now.
  init?(_ wish: CompileWish) {
    var optimization = OptimizationLevel.speed
    var cpu = CPUTarget.native
    var features = FeaturePolicy.least
    var configuration = EngineConfiguration()
    var target: String?
    for option in wish.options {
      switch option.name {
      case CompileWish.optimizationOption:
        guard let level = OptimizationLevel(rawValue: option.value) else { return nil }
        optimization = level
      case CompileWish.processorOption:
        guard let processor = CPUTarget(option.value) else { return nil }
        cpu = processor
      case CompileWish.featuresOption:
        guard let policy = FeaturePolicy(rawValue: option.value) else { return nil }
        features = policy
      case CompileWish.targetOption: target = option.value
      default:
        do { try configuration.set(option.name, to: option.value, in: nil, at: nil) } catch { return nil }
      }
    }
    self.init(
      EngineSettings(
        backend: wish.backend, optimization: optimization, cpu: cpu, features: features,
        configuration: configuration.ofRustHosts),
      target: target)
    if self.wish != wish { return nil }
  }

  /// The same as any compiler's wish.
  package var wish: CompileWish {
    let wish = settings.wish
    guard let target else { return wish }
    return CompileWish(
      backend: wish.backend, options: wish.options + [.init(name: CompileWish.targetOption, value: target)])
  }

  /// What a compiler does not understand of it, with the reason; nil if it can be tried.
  package func objection(of compiler: CompilerDescription) -> String? {
    let level = settings.optimization
    if let levels = compiler.optimization {
      if levels[level] == nil { return "does not understand --opt-level \(level.rawValue)" }
    } else if level != .speed {
      return "does not understand --opt-level"
    }
    switch settings.cpu {
    case .native: break
    case .baseline:
      if compiler.baseline == nil { return "does not understand --cpu baseline" }
    case let cpu:
      if compiler.feature != nil {
        if let target, cpu.isNamed, !Self.isForThisArchitecture(target) {
          return "cannot make code for --cpu \(cpu) and --target \(target): that is no processor of this architecture"
        }
      } else if compiler.processor == nil || !cpu.changes.isEmpty {
        return "does not understand --cpu \(cpu)"
      }
    }
    if settings.features != .least { return "does not understand --features \(settings.features.rawValue)" }
    if let entry = settings.configuration.entries.first, compiler.configuration == nil {
      return "does not understand settings of the host's engine (\(entry.setting.name))"
    }
    if settings.configuration.backend == .pulley {
      return "has no \(EngineSetting.compiler)=pulley: its portable form is --target pulley64"
    }
    if let target {
      if compiler.target == nil { return "makes code for this machine only, not for --target \(target)" }
      if let targets = compiler.targets, !targets.contains(target) {
        return "has no target \(target): it has \(targets.joined(separator: ", "))"
      }
      if compiler.targets == nil, let whole = Self.triple(perhapsMeantBy: target) {
        return "cannot know for which system code is with --target \(target): the whole is perhaps \(whole)"
      }
    }
    return nil
  }

  /// The arguments that stand for options, by the placeholders' names.
  func lists(of compiler: CompilerDescription) -> [String: [String]] {
    var lists: [String: [String]] = [:]
    lists["opt-level"] = compiler.optimization?[settings.optimization] ?? []
    // Without a target, some take this processor as it is.
    let target = target ?? (compiler.feature != nil && !settings.cpu.isNative ? Self.host : nil)
    lists["target"] =
      target.map { triple in
        (compiler.target ?? []).map {
          Template($0).filled(["target": triple, "arch": String(triple.prefix { $0 != "-" })])
        }
      } ?? []
    lists["cpu"] =
      switch settings.cpu {
      case .native: []
      case .baseline: compiler.baseline ?? []
      case let cpu:
        if let feature = compiler.feature {
          cpu.flags.flatMap { flag in
            feature.map { Template($0).filled(["feature": flag.feature, "value": "\(flag.isOn)"]) }
          }
        } else {
          (compiler.processor ?? []).map { Template($0).filled(["cpu": "\(cpu)"]) }
        }
      }
    lists["config"] =
      texts.isEmpty
      ? [] : (compiler.configuration ?? []).map { Template($0).filled(["config": Self.configurationFile]) }
    return lists
  }

  /// The name of the file with the settings of the host's engine.
  static let configurationFile = "config.toml"

  /// The files that its arguments name, by their names.
  var texts: [String: String] {
    // wasmtime has another way to be told this one.
    let inFile = settings.configuration.without(EngineSetting.backtraceDetails)
    return inFile.entries.isEmpty ? [:] : [Self.configurationFile: inFile.toml]
  }

  /// The environment's variables by which wasmtime is told what its file of settings has no name for.
  var environment: [String] {
    settings.configuration.hasBacktraceDetails ? ["WASMTIME_BACKTRACE_DETAILS=1"] : []
  }

  /// Whether code may depend on the very processor that the compiler runs on.
  func dependsOnProcessor(with compiler: CompilerDescription) -> Bool {
    guard settings.cpu.isNative, !isAlsoBaseline(for: compiler) else { return false }
    guard let target else { return true }
    // One that is told of each feature takes none from this processor once it is told a target.
    return compiler.feature == nil && Self.isForThisArchitecture(target)
  }

  /// Whether code for any processor of the architecture is asked for in the same words.
  private func isAlsoBaseline(for compiler: CompilerDescription) -> Bool {
    guard compiler.baseline != nil else { return false }
    let baseline = EngineSettings(
      backend: settings.backend, optimization: settings.optimization, cpu: .baseline, features: settings.features,
      configuration: settings.configuration)
    return lists(of: compiler) == CompilerWish(baseline, target: target).lists(of: compiler)
  }

  /// The triple that is perhaps meant by an architecture without a system; nil for any other target. Compilers take it for one of an
  /// unknown system, whose code loads nowhere.
  package static func triple(perhapsMeantBy target: String) -> String? {
    let words = target.split(separator: "-").map(String.init)
    guard let whole = triples[words.first ?? ""] else { return nil }
    return words.dropFirst().contains { word in systems.contains { word.hasPrefix($0) } } ? nil : whole
  }

  private static let systems = [
    "linux", "darwin", "macos", "ios", "windows", "freebsd", "netbsd", "openbsd", "dragonfly", "illumos", "solaris",
    "android", "fuchsia", "redox", "haiku", "hermit", "cygwin", "none", "uefi",
  ]

  private static let triples = [
    "x86_64": "x86_64-unknown-linux-gnu", "amd64": "x86_64-unknown-linux-gnu", "i686": "i686-unknown-linux-gnu",
    "aarch64": "aarch64-unknown-linux-gnu", "arm64": "aarch64-unknown-linux-gnu",
    "riscv64": "riscv64gc-unknown-linux-gnu", "riscv64gc": "riscv64gc-unknown-linux-gnu",
    "s390x": "s390x-unknown-linux-gnu", "loongarch64": "loongarch64-unknown-linux-gnu",
  ]

  /// This machine's target triple.
  package static let host = "\(architecture)-unknown-linux-gnu"

  #if arch(x86_64)
    private static let architecture = "x86_64"
  #elseif arch(arm64)
    private static let architecture = "aarch64"
  #endif

  private static func isForThisArchitecture(_ triple: String) -> Bool { triple.hasPrefix(architecture) }
}
