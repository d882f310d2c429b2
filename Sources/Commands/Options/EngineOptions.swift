public import ArgumentParser
internal import Glibc
internal import SystemPackage
public import WasmEngine

extension Backend: ExpressibleByArgument {
  /// Only those that a compiler offers: a misspelled one is refused at once.
  public init?(argument: String) {
    guard Self.allValueStrings.contains(argument) else { return nil }
    self.init(rawValue: argument)
  }

  public static var allValueStrings: [String] { libwasmtime.map(\.rawValue) }

  public static var defaultCompletionKind: CompletionKind { .list(allValueStrings) }

  public var defaultValueDescription: String { rawValue }
}

extension OptimizationLevel: ExpressibleByArgument {}
extension CPUTarget: ExpressibleByArgument {}

/// Which engine library is used.
struct EngineOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "The libwasmtime to compile with.",
      discussion: """
        An artifact is only good for the engine that made it, so this must be the library that your runtime uses. \
        Otherwise $WASMPRECOMPILE_ENGINE, then the copy installed with wasmprecompile, then the system's.
        """, valueName: "library"),
    completion: .file(extensions: ["so"]))
  var engine: PathArgument?

  mutating func fill(from configuration: Configuration) {
    guard engine == nil else { return }
    configuration.fill(&engine, from: Settings.engine)
    engine?.origin = configuration.given(Settings.engine)?.origin
  }

  var search: EngineSearch {
    let chosen = engine.map { engine in
      let origin: EngineLocation.Origin =
        switch engine.origin {
        case nil: .option
        case .environment: .environment
        case .file: .configuration
        }
      return EngineLocation(path: engine.path, origin: origin)
    }
    return EngineSearch(
      chosen: chosen, executable: Environment.executable, libraryPath: Environment.paths("LD_LIBRARY_PATH"))
  }
}

/// What the engine is asked for.
struct CompilerOptions: ParsableArguments {
  @Option(
    name: .customLong("backend"),
    help: ArgumentHelp(
      "Code generator: cranelift (optimizing), winch (compiles fast, for development) or pulley (portable bytecode).",
      discussion: "Repeat it to produce several; they are made in the order given. Default: cranelift."))
  var backends: [Backend] = []

  @Option(
    help: """
      What cranelift and pulley optimize for: none, speed or speed-and-size. \
      Default: \(CompilerOptions.standardOptimization.rawValue).
      """)
  var optLevel: OptimizationLevel?

  @Option(
    help: """
      Processors that the code may run on: native (this machine's) or baseline (any of the architecture). \
      Default: \(CompilerOptions.standardCPU.rawValue).
      """)
  var cpu: CPUTarget?

  static let standardBackend = Backend.cranelift
  static let standardOptimization = OptimizationLevel.speed
  static let standardCPU = CPUTarget.native

  mutating func fill(from configuration: Configuration) {
    configuration.fill(&backends, from: Settings.backend)
    configuration.fill(&optLevel, from: Settings.optLevel)
    configuration.fill(&cpu, from: Settings.cpu)
  }

  /// One for each backend, without repetitions.
  var settings: [EngineSettings] {
    var settings: [EngineSettings] = []
    for backend in backends.isEmpty ? [Self.standardBackend] : backends {
      let one = EngineSettings(
        backend: backend, optimization: optLevel ?? Self.standardOptimization, cpu: cpu ?? Self.standardCPU)
      if !settings.contains(one) { settings.append(one) }
    }
    return settings
  }
}
