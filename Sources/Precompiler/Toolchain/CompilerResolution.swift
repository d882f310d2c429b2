internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// Finds out what a run's compilers are: from the catalog, or else by asking them meanwhile.
///
/// A child has to be started to ask. In the meantime modules can be found and hashed.
final class CompilerResolution {
  private let toolchains: [any Toolchain]
  /// For each toolchain, the remembered identities; nil if it is being asked.
  private let remembered: [[ArtifactIdentity]?]
  private let tasks: [ResolutionTask?]
  private var result: [[ArtifactIdentity]]?

  /// Begins to ask.
  init(_ toolchains: [any Toolchain], _ catalog: RunCatalog, lanes: Int) {
    self.toolchains = toolchains
    let remembered = toolchains.map { catalog.identities(of: $0) }
    self.remembered = remembered
    tasks = zip(toolchains, remembered).map { $1 == nil ? ResolutionTask($0, lanes: lanes) : nil }
  }

  /// Whether it is known that some wishes cannot be had.
  var hasFailed: @Sendable () -> Bool {
    let tasks = tasks.compactMap(\.self)
    return { tasks.contains(where: \.hasFailed) }
  }

  /// Waits for the answers.
  ///
  /// - Returns: for each toolchain, the identities of its wishes.
  func wait(_ catalog: inout RunCatalog, _ observer: any RunObserver) throws(PrecompileError) -> [[ArtifactIdentity]] {
    if let result { return result }
    // All tasks end, whatever the first answer says: the run may end with it, and no compiler may be asked then.
    for task in tasks { task?.finish() }
    var all: [[ArtifactIdentity]] = []
    for ((toolchain, remembered), task) in zip(zip(toolchains, remembered), tasks) {
      if let remembered {
        all.append(remembered)
      } else if let task {
        let resolution: ToolchainResolution
        do { resolution = try task.wait() } catch { throw .compilerUnusable(error) }
        if !resolution.missingDefences.isEmpty { observer.record(.unconfined(missing: resolution.missingDefences)) }
        var identities: [ArtifactIdentity] = []
        for (wish, result) in zip(toolchain.wishes, resolution.identities) {
          do { identities.append(try result.get()) } catch {
            throw .backendUnavailable(wish, toolchain.location, error)
          }
        }
        catalog.remember(resolution.findings)
        all.append(identities)
      }
    }
    result = all
    return all
  }
}

/// A compiler that is being asked what it is, on a thread of its own.
private final class ResolutionTask: Sendable {
  private let answer = Mutex<Result<ToolchainResolution, CompilerUnusable>?>(nil)
  private let thread = SerialThread()

  init(_ toolchain: any Toolchain, lanes: Int) {
    thread.run {
      let answer = Result { () throws(CompilerUnusable) in try toolchain.resolve(lanes: lanes) }
      self.answer.withLock { $0 = answer }
    }
  }

  var hasFailed: Bool {
    answer.withLock { answer in
      switch answer {
      case nil: false
      case .failure: true
      case .success(let resolution): !resolution.identities.allSatisfy { (try? $0.get()) != nil }
      }
    }
  }

  func finish() { thread.finish() }

  func wait() throws(CompilerUnusable) -> ToolchainResolution {
    finish()
    guard let answer = answer.withLock({ $0 }) else { throw .cancelled }
    return try answer.get()
  }
}
