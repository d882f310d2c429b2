internal import LinuxIO
package import SystemPackage
internal import WasmCache
package import WasmEngine

/// Compiles one module in a child process and keeps the artifact in memory, for whoever cannot use a cache or wants to
/// know what it saves.
package struct LoneCompilation: Sendable {
  private let engine: EngineFile
  private let identity: EngineIdentity
  private let program: WorkerProgram
  /// Seconds.
  private let timeout: Double
  private let cancellation: Cancellation

  package init(
    engine: EngineFile, identity: EngineIdentity, program: WorkerProgram = .thisExecutable, timeout: Double = 120,
    cancellation: Cancellation
  ) {
    self.engine = engine
    self.identity = identity
    self.program = program
    self.timeout = timeout
    self.cancellation = cancellation
  }

  /// Compiles a core module.
  ///
  /// - Returns: the artifact's bytes; nil if the file holds a component.
  package func compile(_ path: FilePath) throws(ModuleFailure) -> [UInt8]? {
    let module = try ModuleReader().load(path)
    guard module.facts.kind == .coreModule else { return nil }
    let deadline = MonotonicInstant.now().adding(seconds: timeout)
    do throws(WorkerFailure) {
      let worker = try CompileWorker.start(program, cancellation: cancellation)
      let records = try worker.prepare(
        engine, settings: [identity.settings], threads: AvailableProcessors.count(), deadline: deadline)
      guard records == [.success(identity.compatibility)] else {
        throw .nonsense("another account of its engine than before: the library was replaced meanwhile, run again")
      }
      let artifact = try worker.compile(
        module.contents, size: module.facts.size, as: module.facts.kind, settingsIndex: 0, parallel: true,
        deadline: deadline)
      return Array(artifact.contents.bytes)
    } catch {
      throw ModuleFailure(error, by: identity, timeout: timeout)
    }
  }
}
