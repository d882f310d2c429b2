internal import Precompiler
internal import Scanning
internal import Synchronization
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// What the precompilation of one module found: the engine, and what was wrong.
final class ProgramFinding: RunObserver {
  private struct State {
    var engine: EngineLocation?
    var failure: ModuleFailure?
    var complaint: String?
  }

  private let state = Mutex(State())

  var engine: EngineLocation? { state.withLock { $0.engine } }
  /// Why there is no artifact, if it is known.
  var failure: ModuleFailure? { state.withLock { $0.failure } }
  /// Why there is not even a file.
  var complaint: String? { state.withLock { $0.complaint } }

  func prepared(engine: EngineLocation, identities: [EngineIdentity], cache: FilePath, lanes: Int) {
    state.withLock { $0.engine = engine }
  }

  func noticed(_ problem: ScanProblem) {
    if !problem.isWarning { state.withLock { $0.complaint = problem.description } }
  }

  func rejected(_ file: FailedFile) { state.withLock { $0.failure = file.failure } }

  func finished(_ outcome: JobOutcome) {
    if case .failed(let failure) = outcome.result { state.withLock { $0.failure = failure } }
  }

  /// The program's standard error is the user's; `engines` and every other command say what compilers are without.
  func unconfined(missing: [String]) {}

  func noted(_ text: String) {}
  func warned(_ text: String) {}
  func planned(_ plan: Plan) {}
  func began(_ job: Job) {}
  func storing(_ job: Job) {}
}
