internal import WasmCache

/// A module that a run wants an artifact of, for one target.
struct ArtifactKey: Sendable {
  let module: WasmHash
  let target: CompileTarget
}

/// A place beside the run's own cache that has artifacts as files, which are used where they lie: a cache that is only read.
/// (``RemoteStore`` is one on another machine.)
protocol ArtifactStore: Sendable {
  /// Asks for many artifacts at once.
  ///
  /// - Returns: one result for each key.
  func fetch(_ keys: [ArtifactKey]) -> [FetchResult]
}

/// A store's answer for a key.
enum FetchResult: Hashable, Sendable {
  /// Bytes of the artifact, which can be loaded where the store has it.
  case found(size: Int)
  /// - Parameter reason: what the store knows of it.
  case missing(MissReason = .newModule)
  /// The store has something that cannot be used. That is reported, and the module compiled.
  case trouble(FetchTrouble)
}

/// Why something that a store has cannot be used.
enum FetchTrouble: Hashable, Sendable {
  /// An artifact's bytes are not those that were stored.
  case corrupt
  /// An entry stands for an artifact of another engine.
  case otherEngine
  /// An artifact is not signed by a key that is trusted.
  case refused(SignatureFault)
  /// The store, or a part of it, cannot be read, or another user may write to it.
  case unusable(CacheError)
  /// The store was copied by something that does not keep links, so its artifacts are not found.
  case copiedWithoutLinks

  /// Whether it is about more than the artifact that it was met with.
  var isOfStore: Bool { missReason == nil }

  /// Why the artifact that it was met with is missing; nil if it is about the store.
  var missReason: MissReason? {
    switch self {
    case .corrupt: .artifactCorrupt
    case .otherEngine: .otherEngine
    case .refused: .refused
    case .unusable, .copiedWithoutLinks: nil
    }
  }
}
