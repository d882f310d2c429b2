import Scanning
import Synchronization
import SystemPackage
import WasmEngine

@testable import Precompiler

/// Remembers what a run says, and lets a test do something at that moment.
final class RecordingObserver: RunObserver {
  private let lines = Mutex<[String]>([])
  private let onPlanned: @Sendable () -> Void
  private let onBegan: @Sendable (Job) -> Void
  private let onFinished: @Sendable (JobOutcome) -> Void

  init(
    onPlanned: @escaping @Sendable () -> Void = {}, onBegan: @escaping @Sendable (Job) -> Void = { _ in },
    onFinished: @escaping @Sendable (JobOutcome) -> Void = { _ in }
  ) {
    self.onPlanned = onPlanned
    self.onBegan = onBegan
    self.onFinished = onFinished
  }

  var said: [String] { lines.withLock { $0 } }

  private func say(_ line: String) { lines.withLock { $0.append(line) } }

  func prepared(engine: EngineLocation, identities: [EngineIdentity], cache: FilePath, lanes: Int) {
    say("prepared \(identities.map(\.settings.description).joined(separator: " and ")), \(lanes)")
  }

  func warned(_ text: String) { say("warned \(text)") }
  func noted(_ text: String) { say("noted \(text)") }

  func unconfined(missing: [String]) { say("unconfined \(missing.joined(separator: " "))") }

  func noticed(_ problem: ScanProblem) { say("noticed \(problem.path.lastComponent?.string ?? "")") }

  func rejected(_ file: FailedFile) { say("rejected \(file.path.lastComponent?.string ?? ""): \(file.failure)") }

  func planned(_ plan: Plan) {
    say("planned \(plan.jobs.map(\.name).joined(separator: " "))")
    onPlanned()
  }

  func storing(_ job: Job) {}
  func began(_ job: Job) {
    say("began \(job.name)")
    onBegan(job)
  }

  func finished(_ outcome: JobOutcome) {
    say("finished \(outcome.line)")
    onFinished(outcome)
  }
}

extension JobOutcome {
  /// The job and what became of it, without numbers.
  var line: String {
    switch result {
    case .compiled: "\(job.name): compiled"
    case .foundMeanwhile: "\(job.name): found meanwhile"
    case .failed(let failure): "\(job.name): \(failure)"
    case .notDone: "\(job.name): not done"
    }
  }
}
