internal import WasmCache

/// A module that a run wants an artifact of, for one target.
struct ArtifactKey: Sendable {
  let module: WasmHash
  let target: CompileTarget
}

/// A place beside the run's own cache that may have artifacts: a cache that is only read, or one on another machine.
protocol ArtifactStore: Sendable {
  /// Asks for many artifacts at once.
  ///
  /// - Returns: for each key.
  func fetch(_ keys: [ArtifactKey]) -> [FetchResult]
}

/// What a store has for a key.
enum FetchResult: Hashable, Sendable {
  /// Bytes of the artifact, which can be loaded where the store has it.
  case found(size: Int)
  case missing
  /// There is something, and it cannot be used. That is told, and the module compiled.
  case trouble(reason: String)
}
