internal import Exporting
internal import Precompiler
internal import Scanning
internal import Synchronization
internal import SystemPackage
internal import WasmEngine

/// Says what a run does in objects, a line each; nothing is left out, however much people would be told.
final class JSONRunReporter: RunReporting {
  private let lines: JSONLines
  private let known = Mutex(JSONRunLines())
  private let outputStatus = Mutex(ExitStatus.success)

  init(_ lines: JSONLines) { self.lines = lines }

  func prepared(engine: EngineLocation, identities: [EngineIdentity], cache: FilePath, lanes: Int) {
    let line = known.withLock { $0.prepared(engine: engine, identities: identities, cache: cache, lanes: lanes) }
    if let line { lines.write(line) }
  }

  func noted(_ text: String) { lines.write(JSONRunLines.note(text)) }
  func warned(_ text: String) { lines.write(JSONRunLines.warning(nil, text)) }

  func unconfined(missing: [String]) {
    if let text = known.withLock({ $0.unconfined(missing: missing) }) { warned(text) }
  }

  func noticed(_ problem: ScanProblem) { lines.write(JSONRunLines.problem(problem)) }

  func rejected(_ file: FailedFile) { lines.write(JSONRunLines.error(file.path, file.failure.description)) }

  func planned(_ plan: Plan) {
    let known = known.withLock { $0 }
    lines.write([
      "type": "planned", "modules": JSON(plan.contents.count), "up_to_date": JSON(plan.upToDate.count),
      "missing": JSON(plan.jobs.count),
    ])
    lines.write(contentsOf: plan.upToDate.lazy.map { known.upToDate(plan.contents[$0.content], $0.engine) })
  }

  func began(_ job: Job) {}
  func storing(_ job: Job) {}

  func finished(_ outcome: JobOutcome) {
    // Those that were not begun are told at the end, together with those that no lane was given.
    if case .notDone = outcome.result { return }
    lines.write(known.withLock { $0 }.outcome(outcome))
  }

  func report(_ outputs: BuildReport) {
    outputStatus.withLock { $0 = outputs.status }
    lines.write(
      contentsOf: outputs.exports.written.lazy.map {
        ["type": "export", "status": "written", "path": JSON($0.path), "method": .string($0.method.rawValue)]
      })
    lines.write(
      contentsOf: outputs.exports.removed.lazy.map { ["type": "export", "status": "removed", "path": JSON($0)] })
    lines.write(contentsOf: outputs.complaints.lazy.map { JSONRunLines.error($0.path, $0.message) })
  }

  func report(_ summary: RunSummary) {
    let known = known.withLock { $0 }
    if summary.purpose.onlyLooks {
      let status = summary.purpose == .frozen ? "missing" : "would compile"
      lines.write(contentsOf: summary.plan.jobs.lazy.map { known.notCompiled($0, status) })
    }
    lines.write(
      contentsOf: summary.outcomes.lazy.filter { if case .notDone = $0.result { true } else { false } }
        .map { known.outcome($0) })
    lines.write(contentsOf: summary.emptyRoots.lazy.map { JSONRunLines.warning($0, RunReporter.emptyRoot) })
    lines.write(JSON(summary, status: summary.exitStatus.merged(with: outputStatus.withLock { $0 })))
  }

  func report(_ failure: RunFailure) { lines.write(JSON(failure)) }

  func clearStatus() {}
}

extension JSON {
  init(_ summary: RunSummary, status: ExitStatus) {
    let bytes = summary.compiledBytes
    self = [
      "type": "summary", "exit_status": .number(Int(status.rawValue)), "dry_run": .bool(summary.isDryRun),
      "modules": JSON(summary.plan.contents.count), "engines": JSON(summary.engines.count),
      "missing": JSON(summary.plan.jobs.count), "up_to_date": JSON(summary.upToDate),
      "compiled": JSON(summary.compiled), "failed": JSON(summary.failed), "not_begun": JSON(summary.notDone),
      "not_modules": JSON(summary.notModules), "unreadable": JSON(summary.unreadable),
      "module_bytes": JSON(bytes.modules), "artifact_bytes": JSON(bytes.artifacts),
      "nanoseconds": JSON(summary.nanoseconds),
    ]
  }

  init(_ failure: RunFailure) {
    self = [
      "type": "failure", "exit_status": .number(Int(failure.status.rawValue)), "message": .string(failure.message),
    ]
  }
}
