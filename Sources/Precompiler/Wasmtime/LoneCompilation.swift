internal import LinuxIO
package import SystemPackage
internal import WasmCache
package import WasmEngine

/// Compiles one module in a child process and keeps the artifact in memory, for whoever cannot use a cache or wants to
/// know what it saves.
package struct LoneCompilation: Sendable {
  private let engine: EngineFile
  private let identity: EngineIdentity
  private let program: ChildProgram
  /// Seconds.
  private let timeout: Double
  /// Bytes.
  private let largestModule: Int
  private let policy: ConfinementPolicy
  private let cancellation: Cancellation

  package init(
    engine: EngineFile, identity: EngineIdentity, within request: PrecompileRequest, cancellation: Cancellation
  ) {
    self.engine = engine
    self.identity = identity
    program = request.program
    timeout = request.timeout
    largestModule = request.largestModule
    policy = request.confinement
    self.cancellation = cancellation
  }

  /// Compiles a core module.
  ///
  /// - Returns: the artifact's bytes; nil if the file holds a component.
  package func compile(_ path: FilePath) throws(ModuleFailure) -> [UInt8]? {
    let module = try ModuleReader(limit: largestModule).load(path)
    guard module.facts.kind == .coreModule else { return nil }
    let deadline = MonotonicInstant.now().adding(seconds: timeout)
    do throws(ChildFailure) {
      let worker = try CompileChild.start(program, policy, cancellation: cancellation)
      let threads = AvailableProcessors.count()
      let (records, _) = try worker.prepare(
        engine, settings: [identity.settings], threads: threads, deadline: deadline)
      guard records == [.success(identity.compatibility)] else {
        throw .protocolViolation(
          "another account of its engine than before: the library was replaced meanwhile, run again")
      }
      let artifact = try worker.compile(
        module.contents, size: module.facts.size, as: module.facts.kind, settingsIndex: 0, threads: threads,
        deadline: deadline)
      return Array(artifact.contents.bytes)
    } catch {
      throw ModuleFailure(error, by: identity, timeout: timeout, limits: policy.limits)
    }
  }
}
