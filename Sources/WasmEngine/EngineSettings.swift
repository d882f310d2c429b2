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
}

/// The aim of the optimizing compiler.
public enum OptimizationLevel: String, CaseIterable, Hashable, Sendable {
  case none
  case speed
  case speedAndSize = "speed-and-size"
}

/// The processors that the generated code may run on.
public enum CPUTarget: String, CaseIterable, Hashable, Sendable {
  /// This machine's, with every feature it has.
  case native
  /// Any processor of this architecture.
  case baseline
}

/// Everything a user can choose that decides which artifact a module becomes.
///
/// Choices without effect on a backend are normalized away, so that they cannot split the cache: Winch does not
/// optimize, and Pulley's bytecode is the same for every processor.
public struct EngineSettings: Hashable, Sendable {
  public let backend: Backend
  public let optimization: OptimizationLevel
  public let cpu: CPUTarget

  public init(backend: Backend, optimization: OptimizationLevel = .speed, cpu: CPUTarget = .native) {
    self.backend = backend
    self.optimization = backend == .winch ? .speed : optimization
    self.cpu = backend == .pulley ? .native : cpu
  }
}
