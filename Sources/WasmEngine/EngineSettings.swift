/// A code generator, by the name that the command line and the cache know it by.
///
/// Names are open: a cache holds what any compiler made. A libwasmtime may offer those of ``libwasmtime``.
public struct Backend: RawRepresentable, Hashable, Sendable {
  public let rawValue: String

  public init(rawValue: String) { self.rawValue = rawValue }

  /// The optimizing compiler for the host's processor.
  public static let cranelift = Backend(rawValue: "cranelift")
  /// The single-pass compiler for the host's processor: compiles several times faster, runs slower.
  public static let winch = Backend(rawValue: "winch")
  /// Portable bytecode (target `pulley64`), run by an interpreter in the engine.
  public static let pulley = Backend(rawValue: "pulley")

  /// The backends that one libwasmtime may offer.
  public static let libwasmtime: [Backend] = [.cranelift, .winch, .pulley]

  /// Whether its code is for a processor, which has to map it as such.
  package var isNative: Bool { self != .pulley }
}

/// The aim of the optimizing compiler.
public enum OptimizationLevel: String, CaseIterable, Hashable, Sendable {
  case none
  case speed
  case speedAndSize = "speed-and-size"
}

/// Everything a user can choose that decides which artifact a module becomes.
///
/// Choices without effect on a backend are normalized away, so that they cannot split the cache: Winch does not
/// optimize, and Pulley's bytecode is the same for every processor.
public struct EngineSettings: Hashable, Sendable {
  public let backend: Backend
  public let optimization: OptimizationLevel
  public let cpu: CPUTarget
  /// How much of WebAssembly an artifact assumes of its host.
  public let features: FeaturePolicy
  /// The settings of the host's engine.
  public let configuration: EngineConfiguration

  /// Makes settings. The configuration's `opt-level` counts before `optimization`; its `compiler` is not looked at, unless the
  /// backend is none of libwasmtime's and has compilers of its own.
  public init(
    backend: Backend, optimization: OptimizationLevel = .speed, cpu: CPUTarget = .native,
    features: FeaturePolicy = .least, configuration: EngineConfiguration = EngineConfiguration()
  ) {
    self.backend = backend
    self.optimization = backend == .winch ? .speed : configuration.optimization ?? optimization
    self.cpu = backend == .pulley ? .native : cpu
    self.features = features
    let named = Backend.libwasmtime.contains(backend) ? [EngineSetting.compiler] : []
    self.configuration = configuration.without([EngineSetting.optLevel] + named)
  }

  /// The same with what the environment of this process adds to engines that are made in it.
  var inThisEnvironment: EngineSettings {
    var all = configuration
    all.merge(.ofEnvironment)
    if all == configuration { return self }
    return EngineSettings(
      backend: backend, optimization: optimization, cpu: cpu, features: features, configuration: all)
  }

  /// The same with more settings of the engine.
  package func with(_ more: EngineConfiguration) -> EngineSettings {
    var all = configuration
    all.merge(more)
    return EngineSettings(
      backend: backend, optimization: optimization, cpu: cpu, features: features, configuration: all)
  }

  /// The same with these settings of the engine instead, which say nothing about the level of optimization.
  package func with(instead configuration: EngineConfiguration) -> EngineSettings {
    EngineSettings(
      backend: backend, optimization: optimization, cpu: cpu, features: features, configuration: configuration)
  }

  /// The same with another backend, and what that means by itself.
  package func with(_ backend: Backend) -> EngineSettings {
    EngineSettings(backend: backend, cpu: cpu, features: features, configuration: configuration)
  }
}

extension EngineSettings {
  /// The configuration with what is a value of its own here: backend and optimization, where they are not the standard ones.
  package var wholeConfiguration: EngineConfiguration {
    var all = configuration
    switch optimization {
    case .none: try? all.set(EngineSetting.optLevel, to: "0")
    case .speed: break
    case .speedAndSize: try? all.set(EngineSetting.optLevel, to: "s")
    }
    if backend == .winch { try? all.set(EngineSetting.compiler, to: backend.rawValue) }
    return all
  }
}

extension EngineConfiguration {
  /// The level that `opt-level` says; wasmtime takes 1 for 2.
  fileprivate var optimization: OptimizationLevel? {
    switch self[EngineSetting.optLevel] {
    case "0": OptimizationLevel.none
    case "1", "2": .speed
    case "s": .speedAndSize
    default: nil
    }
  }

  /// The backend that `compiler` says.
  package var backend: Backend? { self[EngineSetting.compiler].map { Backend(rawValue: $0) } }
}
