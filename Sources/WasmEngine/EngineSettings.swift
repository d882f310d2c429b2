/// The code generator that turns a module into an artifact; one libwasmtime may offer several.
public enum Backend: String, CaseIterable, Hashable, Sendable {
  /// The optimizing compiler for the host's processor.
  case cranelift
  /// The single-pass compiler for the host's processor: compiles several times faster, runs slower.
  case winch
  /// Portable bytecode (target `pulley64`), run by an interpreter in the engine.
  case pulley
}

/// What the optimizing compiler aims for.
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

extension EngineSettings: CustomStringConvertible {
  /// The backend, followed by what differs from the defaults: `cranelift, opt-level none`.
  public var description: String {
    var words = [backend.rawValue]
    if optimization != .speed { words.append("opt-level \(optimization.rawValue)") }
    if cpu != .native { words.append("cpu \(cpu.rawValue)") }
    return words.joined(separator: ", ")
  }
}
