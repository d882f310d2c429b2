internal import ArgumentParser
internal import SystemPackage
internal import WasmEngine

/// The engine alone: reads modules, compiles them one after the other, and keeps nothing. For ``Contender`` to start.
struct EngineAloneCommand: ParsableCommand {
  static let name = "engine-alone"
  static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

  @Option var engine: String
  @Option var backend: Backend
  @Flag(help: "Compile each module on one thread, too.") var sequential = false
  @Argument var file: [String]

  func run() throws {
    let start = Clock.processor
    let library = try EngineLibrary(path: FilePath(engine))
    let backend: WasmEngine.Backend = backend == .winch ? .winch : .cranelift
    let engine = try Engine(library: library, settings: EngineSettings(backend: backend), parallel: !sequential)
    var work = EngineWork()
    for file in file {
      let module = try Files.read(file)
      try module.withUnsafeBytes { bytes in
        work.artifactBytes += try engine.compile(bytes, as: .coreModule) { $0.count }
      }
      work.artifacts += 1
    }
    work.processorNanoseconds = Clock.processor - start
    print(work.line)
  }
}
