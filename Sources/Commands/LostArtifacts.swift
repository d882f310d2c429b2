internal import Precompiler
internal import WasmCache

/// Artifacts that a run has found or made, and that are gone when its last consumer opens them.
///
/// Another process may make room at any moment, and a corrupt artifact is found only when it is opened. Then the artifact is
/// made again. Nothing is locked for this: a watcher lives for months, and nobody should have to wait for it.
enum LostArtifacts {
  /// How often an artifact is made before its consumer gives up. The time between two of these is some milliseconds, so
  /// that only a process that does nothing but make room could always be in between.
  static let attempts = 5
}

/// Hears nothing: a run that makes artifacts again has nothing to tell that the first one did not.
struct DeafObserver: RunObserver {
  func record(_ event: RunEvent) {}
}

/// Hears only of modules that have their artifact.
struct MadeObserver: RunObserver {
  let wasMade: @Sendable (WasmHash) -> Void

  func record(_ event: RunEvent) {
    guard case .finished(let outcome) = event else { return }
    switch outcome.result {
    case .compiled, .foundMeanwhile: wasMade(outcome.job.content.facts.hash)
    case .failed, .notDone: break
    }
  }
}
