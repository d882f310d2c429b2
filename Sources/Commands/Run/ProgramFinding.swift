internal import Precompiler
internal import Scanning
internal import Synchronization
internal import WasmCache
internal import WasmEngine

/// The problem that the precompilation of one module found.
final class ProgramFinding: RunObserver {
  private struct State {
    var failure: ModuleFailure?
    var complaint: String?
    var alternative: Backend?
  }

  private let state = Mutex(State())

  /// Why there is no artifact, if it is known.
  var failure: ModuleFailure? { state.withLock { $0.failure } }
  /// A backend that does compile the module that failed.
  var alternative: Backend? { state.withLock { $0.alternative } }
  /// Why there is not even a file.
  var complaint: String? { state.withLock { $0.complaint } }

  func record(_ event: RunEvent) {
    switch event {
    case .noticed(let problem):
      if !problem.isWarning { state.withLock { $0.complaint = problem.message } }
    case .rejected(let file): state.withLock { $0.failure = file.failure }
    case .finished(let outcome):
      if case .failed(let failure) = outcome.result {
        state.withLock {
          $0.failure = failure
          $0.alternative = outcome.alternative
        }
      }
    case .lowerCacheTrouble(let path, let trouble):
      Output.error.write(Palette.plain.warning(Program.name, RunReporter.warning(of: trouble, with: path)) + "\n")
    case .remoteTrouble(let store, let trouble):
      Output.error.write(Palette.plain.warning(Program.name, RunReporter.warning(of: trouble, by: store)) + "\n")
    // The program's standard error is the user's. `engines` and every other command report what compilers are without.
    case .unconfined, .prepared, .told, .noted, .warned, .noexec, .planned, .awaiting, .began, .storing: break
    }
  }
}
