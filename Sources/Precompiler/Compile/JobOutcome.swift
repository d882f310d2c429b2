package import WasmCache
package import WasmEngine

/// The outcome of one job.
package struct JobOutcome: Sendable {
  package enum Result: Sendable {
    /// - Parameters:
    ///   - size: bytes of the artifact.
    ///   - nanoseconds: how long the engine took.
    case compiled(size: Int, nanoseconds: UInt64)
    /// A store on another machine had it.
    case fetched(size: Int)
    /// A worker of another machine compiled it for this run.
    case compiledRemotely(size: Int)
    /// The cache had it for other hosts, and it is what would be made for these.
    case shared(size: Int)
    /// Another process compiled it meanwhile.
    case foundMeanwhile(size: Int)
    case failed(ModuleFailure)
    /// The run was stopped before its turn, or in the middle of it.
    case notDone
  }

  package let job: Job
  package let result: Result
  /// The digest of the artifact's bytes, if this run made, fetched or shared it.
  package var artifact: ArtifactDigest?
  /// A backend that compiles the module that this one failed with, as was tried.
  package var alternative: Backend?

  /// Whether the artifact is in the cache.
  package var isThere: Bool {
    switch result {
    case .compiled, .compiledRemotely, .fetched, .shared, .foundMeanwhile: true
    case .failed, .notDone: false
    }
  }

  /// Whether the artifact was made, fetched or shared by this run.
  var isNew: Bool {
    switch result {
    case .compiled, .compiledRemotely, .fetched, .shared: true
    case .foundMeanwhile, .failed, .notDone: false
    }
  }

  /// Whether this run has seen to it that the artifact was made.
  var isMade: Bool {
    switch result {
    case .compiled, .compiledRemotely: true
    case .fetched, .shared, .foundMeanwhile, .failed, .notDone: false
    }
  }

  package var isNotDone: Bool { if case .notDone = result { true } else { false } }
}
