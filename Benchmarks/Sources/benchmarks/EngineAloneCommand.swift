internal import ArgumentParser
internal import SystemPackage
internal import WasmEngine

/// The engine alone: reads modules, compiles them one after the other, and keeps nothing. For ``Contender`` to start.
///
/// With `--processes`, several processes do that, each on one thread, and share the modules: the next one goes to whoever is free.
struct EngineAloneCommand: ParsableCommand {
  static let name = "engine-alone"
  static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

  @Option var engine: String
  @Option var backend: Backend
  @Flag(help: "Compile each module on one thread, too.") var sequential = false
  @Flag(help: "Say what is refused, and why, and go on.") var goingOn = false
  @Option(help: "Share the modules between so many processes.") var processes: Int?
  @Flag(help: "Take the numbers of modules from standard input.") var taking = false
  @Option(help: "A setting of the engine, as KEY=VALUE. Repeatable.") var setting: [String] = []
  @Argument var file: [String]

  func run() throws {
    if let processes { return try SharedEngineWork(processes, file).run(command) }
    let start = Clock.processor
    let library = try EngineLibrary(path: FilePath(engine))
    let backend: WasmEngine.Backend = backend == .winch ? .winch : .cranelift
    let settings = EngineSettings(backend: backend, configuration: try configuration(library))
    let engine = try Engine(library: library, settings: settings, parallel: !sequential)
    var work = EngineWork()
    var refusals: [String] = []
    for file in taking ? SharedEngineWork.taking(from: file) : AnySequence(file) {
      let module = try Files.read(file)
      switch Self.artifactSize(of: module, engine) {
      case .success(let size):
        work.artifacts += 1
        work.artifactBytes += size
      case .failure(.invalidModule(let message)) where goingOn: refusals.append(Refusals.line(file, message))
      case .failure(let error): throw error
      }
    }
    work.processorNanoseconds = Clock.processor - start
    for line in refusals { print(line) }
    print(work.line)
  }

  /// What one of several processes is started with.
  private var command: [String] {
    ["--engine", engine, "--backend", backend.rawValue, "--sequential", "--taking"]
      + setting.flatMap { ["--setting", $0] }
  }

  private static func artifactSize(of module: [UInt8], _ engine: Engine) -> Result<Int, EngineError> {
    module.withUnsafeBytes { bytes in
      Result { () throws(EngineError) in try engine.compile(bytes, as: .coreModule) { $0.count } }
    }
  }

  /// The tool's artifacts assume little of WebAssembly. The engine is asked for the same, so that theirs can be compared:
  /// the code is the same, but an artifact says what it assumes.
  private func configuration(_ library: EngineLibrary) throws -> EngineConfiguration {
    let off = [
      "component-model-async", "component-model", "stack-switching", "exceptions", "gc", "function-references",
      "gc-support", "relaxed-simd", "multi-memory", "tail-call", "memory64", "wide-arithmetic", "threads",
    ]
    return try EngineConfiguration(setting + off.map { "\($0)=n" })
  }
}
