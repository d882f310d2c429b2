internal import LinuxIO
package import SystemPackage
package import WasmCache
package import WasmEngine

/// Compiles one module into memory, for a user who cannot use a cache or wants to know what it saves.
package struct LoneCompilation: Sendable {
  private let toolchain: any Toolchain
  /// The identities that the toolchain's wishes were resolved to.
  private let identities: [ArtifactIdentity]
  private let limits: ModuleLimits

  package init(with toolchain: any Toolchain, _ identities: [ArtifactIdentity], limits: ModuleLimits) {
    self.toolchain = toolchain
    self.identities = identities
    self.limits = limits
  }

  /// Compiles a module or a component for the toolchain's first wish.
  ///
  /// - Returns: which of the two the file holds, and the artifact's bytes.
  package func compile(_ path: FilePath) throws(ModuleFailure) -> (kind: ModuleKind, artifact: [UInt8]) {
    let module = try ModuleReader(limit: limits.largestModule).load(path)
    let artifact = try compile(module, for: 0)
    return (module.facts.kind, Array(artifact.contents.bytes))
  }

  /// Compiles a module or a component in a child that no other module has met.
  ///
  /// - Parameter wish: the position of the wish in the toolchain's.
  package func compile(_ module: LoadedModule, for wish: Int) throws(ModuleFailure) -> CompiledArtifact {
    let threads = toolchain.cores == .one ? 1 : AvailableProcessors.count()
    let artifact: CompiledArtifact
    do throws(ModuleFailure) {
      artifact = try compile(module, wish, threads: threads)
    } catch {
      // The system grants no more threads. One is there.
      guard threads > 1, error.isLackOfThreads else { throw error }
      artifact = try compile(module, wish, threads: 1)
    }
    guard identities[wish].accepts(artifact.contents.bytes) else { throw .foreignArtifact }
    return artifact
  }

  private func compile(
    _ module: LoadedModule, _ wish: Int, threads: Int
  ) throws(ModuleFailure) -> CompiledArtifact {
    let deadline = MonotonicInstant.now().adding(seconds: limits.timeout)
    let session = try toolchain.openSession(for: identities, origin: .any, lanes: threads, deadline: deadline)
    defer { session.end() }
    return try session.compile(module, wish: wish, threads: threads, deadline: deadline, timeout: limits.timeout)
  }
}
