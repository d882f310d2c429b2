package import Precompiler
internal import Scanning
internal import Synchronization
internal import SystemPackage

/// Remembers what a run says, and lets a test do something at that moment.
package final class RecordingObserver: RunObserver {
  private let lines = Mutex<[String]>([])
  private let onPlanned: @Sendable () -> Void
  private let onBegan: @Sendable (Job) -> Void
  private let onFinished: @Sendable (JobOutcome) -> Void

  package init(
    onPlanned: @escaping @Sendable () -> Void = {}, onBegan: @escaping @Sendable (Job) -> Void = { _ in },
    onFinished: @escaping @Sendable (JobOutcome) -> Void = { _ in }
  ) {
    self.onPlanned = onPlanned
    self.onBegan = onBegan
    self.onFinished = onFinished
  }

  package var said: [String] { lines.withLock { $0 } }

  private func say(_ line: String) { lines.withLock { $0.append(line) } }

  package func record(_ event: RunEvent) {
    switch event {
    case .prepared(let preparation):
      say("prepared \(preparation.targets.map(\.name).joined(separator: " and ")), \(preparation.lanes)")
    case .warned(let text): say("warned \(text)")
    case .noexec(let cache): say("noexec \(cache)")
    case .lowerCacheTrouble(let path, let trouble): say("lower cache \(path.lastComponent?.string ?? ""): \(trouble)")
    case .remoteTrouble(let store, let trouble): say("remote \(store): \(trouble)")
    case .awaiting: break
    case .told(let text), .noted(let text): say("noted \(text)")
    case .unconfined(let missing): say("unconfined \(missing.joined(separator: " "))")
    case .noticed(let problem): say("noticed \(problem.path.lastComponent?.string ?? "")")
    case .rejected(let file): say("rejected \(file.path.lastComponent?.string ?? ""): \(file.failure)")
    case .planned(let plan):
      say("planned \(plan.jobs.map(\.name).joined(separator: " "))")
      onPlanned()
    case .storing: break
    case .began(let job):
      say("began \(job.name)")
      onBegan(job)
    case .finished(let outcome):
      say("finished \(outcome.line)")
      onFinished(outcome)
    }
  }
}

extension Job {
  /// Its module's.
  package var name: String { content.path.lastComponent?.string ?? "" }
}

extension JobOutcome {
  /// The job and what became of it, without numbers.
  package var line: String {
    switch result {
    case .compiled: "\(job.name): compiled"
    case .compiledRemotely: "\(job.name): compiled remotely"
    case .shared: "\(job.name): shared"
    case .fetched: "\(job.name): fetched"
    case .foundMeanwhile: "\(job.name): found meanwhile"
    case .failed(let failure): "\(job.name): \(failure)"
    case .notDone: "\(job.name): not done"
    }
  }
}
