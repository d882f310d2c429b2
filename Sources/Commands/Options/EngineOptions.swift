public import ArgumentParser
internal import Glibc
internal import SystemPackage
public import WasmEngine

extension Backend: ExpressibleByArgument, OptionValue {
  /// Takes only backends that a compiler offers: a misspelled one is refused at once.
  public init?(argument: String) {
    guard Self.libwasmtime.contains(where: { $0.rawValue == argument }) || DescribedCompilers.mayHave(argument) else {
      return nil
    }
    self.init(rawValue: argument)
  }

  public static var allValueStrings: [String] {
    let own = DescribedCompilers.usersNames
    return builtIn + own.filter { !builtIn.contains($0) }
  }

  private static var builtIn: [String] {
    libwasmtime.map(\.rawValue) + [DescribedCompilers.llvm] + DescribedCompilers.builtInNames
  }

  /// What is completed is the same on all machines.
  public static var defaultCompletionKind: CompletionKind { .list(builtIn) }

  public var defaultValueDescription: String { rawValue }
}

extension OptimizationLevel: ExpressibleByArgument, OptionValue {}
extension FeaturePolicy: ExpressibleByArgument, OptionValue {}

extension CPUTarget: ExpressibleByArgument, OptionValue {
  public init?(argument: String) { self.init(argument) }

  public static var defaultCompletionKind: CompletionKind { .list(names) }

  public var defaultValueDescription: String { description }
}

/// The engine library that is used.
struct EngineOptions: CommandOptions {
  @CommandOption(
    "engine",
    help: ArgumentHelp(
      "The libwasmtime to compile with.",
      discussion: """
        An artifact is only good for the engine that made it, so this must be the library that your runtime uses. \
        Otherwise $WASMPRECOMPILE_ENGINE, then the copy installed with wasmprecompile, then the system's.
        """, valueName: "library"),
    completion: .file(extensions: ["so"]),
    setting: .byUsersOnly("a path", unset: "the copy installed with wasmprecompile, then the system's"))
  var engine: PathArgument?

  /// Whether the command line has it.
  var isGiven: Bool { _engine.isGiven }

  var search: EngineSearch {
    let origin: EngineLocation.Origin =
      switch _engine.origin {
      case nil, .commandLine: .option
      case .environment: .environment
      case .file: .configuration
      }
    return EngineSearch(
      chosen: engine.map { EngineLocation(path: $0.path, origin: origin) }, executable: Environment.executable,
      libraryPath: Environment.paths("LD_LIBRARY_PATH"))
  }
}

/// The code that the engine is asked for.
struct CompilerOptions: CommandOptions {
  @CommandOption(
    "backend", key: "backends",
    help: ArgumentHelp(
      "Code generator: cranelift (optimizing), winch (compiles fast), pulley (portable bytecode), or a compiler's name.",
      discussion: """
        Repeat it to produce several; they are made in the order given. `wasmprecompile engines` lists all, and how to get \
        what is missing; llvm takes the first one that is based on LLVM. Default: cranelift.
        """, valueName: "name"),
    setting: .byAnyone("cranelift, winch, pulley or the name of another compiler"))
  var backends: [Backend] = [.cranelift]

  @CommandOption(
    "opt-level", help: "What cranelift and pulley optimize for: none, speed or speed-and-size.", setting: .byAnyone())
  var optLevel = OptimizationLevel.speed

  @CommandOption(
    "cpu",
    help: ArgumentHelp(
      "Processors that the code may run on: native (this machine's), baseline (any of the architecture), or one by name.",
      discussion: """
        Names are levels (x86-64-v2, x86-64-v3, x86-64-v4) and processors (haswell, znver3); `wasmprecompile engines \
        --processors` shows what each has. Single features follow with their sign: native,-avx512f.
        """, valueName: "processor"),
    setting: .byAnyone("native, baseline or the name of a processor"))
  var cpu = CPUTarget.native

  @CommandOption(
    "target", key: "targets",
    help: ArgumentHelp(
      "Compile for another machine, with a compiler that can: aarch64-unknown-linux-gnu. Repeatable.",
      discussion: "wasmtime-cli can. Artifacts of pulley run everywhere.", valueName: "triple"),
    setting: .byAnyone("target triples"))
  var targets: [TargetTriple] = []

  @CommandOption(
    "features",
    help: ArgumentHelp(
      "How much of WebAssembly artifacts assume of their host: least or all.",
      discussion: """
        With least, each module is compiled with as little as it needs, so that hosts which have switched off garbage \
        collection, threads or other proposals load it, too. The code is the same.
        """), setting: .byAnyone())
  var features = FeaturePolicy.least

  /// Takes what a host's table sets, unless the command line says something about it.
  mutating func adopt(_ own: CompilerOptions) {
    if own._backends.origin != nil && !_backends.isGiven { backends = own.backends }
    if own._optLevel.origin != nil && !_optLevel.isGiven { optLevel = own.optLevel }
    if own._cpu.origin != nil && !_cpu.isGiven { cpu = own.cpu }
    if own._targets.origin != nil && !_targets.isGiven { targets = own.targets }
    if own._features.origin != nil && !_features.isGiven { features = own.features }
  }

  /// Whether anybody chose backends.
  var namesBackends: Bool { _backends.origin != nil }

  /// Whether the command line says anything about the code.
  var isGiven: Bool { _backends.isGiven || _optLevel.isGiven || _cpu.isGiven || _features.isGiven || _targets.isGiven }
}
