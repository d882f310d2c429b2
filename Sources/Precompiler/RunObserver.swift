package import Scanning
package import SystemPackage
package import WasmEngine

/// Is told of a run's progress while it happens, from any thread.
package protocol RunObserver: Sendable {
  /// The run has an engine and a cache.
  func prepared(engine: EngineLocation, identities: [EngineIdentity], cache: FilePath, lanes: Int)
  /// Something worth knowing for whoever wants to know everything.
  func noted(_ text: String)
  /// Compilers run without defences that the kernel lacks or forbids; told of each compiler.
  func unconfined(missing: [String])
  /// Something that a user should mend, though the run does what was asked.
  func warned(_ text: String)
  /// Something below a root could not be scanned; the run goes on.
  func noticed(_ problem: ScanProblem)
  /// A file gave no module; the run goes on.
  func rejected(_ file: FailedFile)
  /// It is known what has to be compiled.
  func planned(_ plan: Plan)
  func began(_ job: Job)
  /// It was compiled; what came of it is being stored, while the lane goes on.
  func storing(_ job: Job)
  func finished(_ outcome: JobOutcome)
}
