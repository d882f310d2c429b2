internal import Precompiler
internal import Synchronization
internal import WasmCache

/// Artifacts that a run has found or made, and that are gone when its last consumer opens them.
///
/// Another process may make room at any moment, and a corrupt artifact is found only when it is opened. Then the artifact is
/// made again. Nothing is locked for this: a watcher lives for months, and nobody should have to wait for it.
enum LostArtifacts {
  /// How often an artifact is made before its consumer gives up. The time between two of these is some milliseconds, so
  /// that only a process that does nothing but make room could always be in between.
  static let attempts = 5

  /// Makes artifacts again until none is lost. As long as there are ever fewer, there is an end.
  ///
  /// - Parameters:
  ///   - lost: how many are lost now.
  ///   - makeAgain: gives how many are lost then; nil if they cannot be made.
  static func whileAny(_ lost: Int, makeAgain: () throws -> Int?) rethrows {
    var lost = lost
    var attempts = 1
    while lost > 0 && attempts < Self.attempts {
      guard let later = try makeAgain() else { return }
      attempts = later < lost ? 1 : attempts + 1
      lost = later
    }
  }
}

/// Hears nothing: a run that makes artifacts again has nothing to tell that the first one did not.
struct DeafObserver: RunObserver {
  func record(_ event: RunEvent) {}
}

/// Hears only of modules that have their artifact, and counts the artifacts that it heard of being compiled.
final class MadeObserver: RunObserver {
  private let wasMade: @Sendable (WasmHash) -> Void
  private let count = Atomic(0)

  init(wasMade: @escaping @Sendable (WasmHash) -> Void) { self.wasMade = wasMade }

  var compiled: Int { count.load(ordering: .relaxed) }

  func record(_ event: RunEvent) {
    guard case .finished(let outcome) = event else { return }
    if case .compiled = outcome.result { count.add(1, ordering: .relaxed) }
    switch outcome.result {
    case .compiled, .compiledRemotely, .fetched, .shared, .foundMeanwhile: wasMade(outcome.job.content.facts.hash)
    case .failed, .notDone: break
    }
  }
}
