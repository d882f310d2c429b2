public import ArgumentParser
internal import Glibc
internal import SystemPackage
public import WasmEngine

extension Backend: ExpressibleByArgument {}
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

  var search: EngineSearch {
    EngineSearch(
      option: engine?.path, environment: Environment.path("WASMPRECOMPILE_ENGINE"),
      executable: Environment.executable, libraryPath: Environment.paths("LD_LIBRARY_PATH"))
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

  @Option(help: "What cranelift and pulley optimize for: none, speed or speed-and-size.")
  var optLevel: OptimizationLevel = .speed

  @Option(help: "Processors that the code may run on: native (this machine's) or baseline (any of the architecture).")
  var cpu: CPUTarget = .native

  /// One for each backend, without repetitions.
  var settings: [EngineSettings] {
    var settings: [EngineSettings] = []
    for backend in backends.isEmpty ? [.cranelift] : backends {
      let one = EngineSettings(backend: backend, optimization: optLevel, cpu: cpu)
      if !settings.contains(one) { settings.append(one) }
    }
    return settings
  }
}
