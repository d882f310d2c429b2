internal import Exporting
internal import Precompiler
internal import Scanning
internal import Synchronization
internal import SystemPackage

/// Reports a run in objects, one a line. Nothing is left out, however quiet the output for people would be.
final class JSONRunReporter: RunReporting {
  private let lines: JSONLines
  private let known = Mutex(JSONRunLines())
  private let outputs = Mutex(BuildReport())

  init(_ lines: JSONLines) { self.lines = lines }

  func record(_ event: RunEvent) {
    switch event {
    case .prepared(let preparation):
      if let line = known.withLock({ $0.prepared(preparation) }) { lines.write(line) }
    case .told(let text), .noted(let text): lines.write(JSONRunLines.note(text))
    case .warned(let text): lines.write(JSONRunLines.warning(nil, text))
    case .noexec(let cache): lines.write(JSONRunLines.warning(cache, RunReporter.noexec))
    case .lowerCacheTrouble(let path, let trouble): lines.write(JSONRunLines.warning(trouble, with: path))
    case .remoteTrouble(let store, let trouble):
      lines.write(JSONRunLines.warning(nil, RunReporter.warning(of: trouble, by: store)))
    case .unconfined(let missing):
      if let text = known.withLock({ $0.unconfined(missing: missing) }) { lines.write(JSONRunLines.warning(nil, text)) }
    case .noticed(let problem): lines.write(JSONRunLines.problem(problem))
    case .rejected(let file): lines.write(JSONRunLines.error(file.path, file.failure.message))
    case .planned(let plan):
      if let lost = LostLinksWarning(plan) { lines.write(JSONRunLines.warning(lost.cache, lost.complaint)) }
      lines.write([
        "type": "planned", "modules": JSON(plan.contents.count), "up_to_date": JSON(plan.upToDate.count),
        "lower_cache": JSON(plan.fromLowerCaches), "missing": JSON(plan.jobs.count),
      ])
      lines.write(contentsOf: plan.upToDate.lazy.map { JSONRunLines.upToDate(plan.contents[$0.content], $0.target) })
    case .awaiting, .began, .storing: break
    // Jobs that were not begun are reported at the end, together with those that no lane was given.
    case .finished(let outcome): if !outcome.isNotDone { lines.write(JSONRunLines.outcome(outcome)) }
    }
  }

  func report(_ outputs: BuildReport) {
    self.outputs.withLock { $0 = outputs }
    lines.write(
      contentsOf: outputs.exports.written.lazy.map {
        ["type": "export", "status": "written", "path": JSON($0.path), "method": .identifier($0.method.rawValue)]
      })
    lines.write(
      contentsOf: outputs.exports.removed.lazy.map { ["type": "export", "status": "removed", "path": JSON($0.path)] })
    lines.write(contentsOf: outputs.warnings.lazy.map { JSONRunLines.warning($0.path, $0.message) })
    lines.write(contentsOf: outputs.complaints.lazy.map { JSONRunLines.error($0.path, $0.message) })
  }

  func report(_ summary: RunSummary) {
    if summary.purpose.onlyLooks {
      let status = summary.purpose == .frozen ? "missing" : "would_compile"
      lines.write(contentsOf: summary.lacking.lazy.map { JSONRunLines.notCompiled($0, status) })
    }
    lines.write(
      contentsOf: summary.outcomes.lazy.filter(\.isNotDone).map { JSONRunLines.outcome($0) })
    if summary.looksNowhere {
      lines.write(contentsOf: summary.emptyRoots.lazy.map { JSONRunLines.error($0, RunReporter.emptyRoot) })
    } else {
      lines.write(contentsOf: summary.emptyRoots.lazy.map { JSONRunLines.warning($0, RunReporter.emptyRoot) })
    }
    lines.write(JSON(summary, outputs.withLock { $0 }))
  }

  /// Without a summary, the reader knows that it does not have everything.
  func report(interrupted summary: RunSummary) {}

  func report(_ failure: RunFailure) { lines.fail(failure) }

  func clearStatus() {}
}

extension JSON {
  init(_ summary: RunSummary, _ outputs: BuildReport) {
    let status = summary.exitStatus.merged(with: outputs.status)
    let bytes = summary.compiledBytes
    self = [
      "type": "summary", "exit_status": .number(Int(status.rawValue)), "dry_run": .bool(summary.isDryRun),
      "modules": JSON(summary.plan.contents.count), "engines": JSON(summary.targets.count),
      "missing": JSON(summary.plan.jobs.count), "up_to_date": JSON(summary.upToDate - outputs.remade),
      "fetched": JSON(summary.fetched), "compiled_remotely": JSON(summary.compiledRemotely),
      "shared": JSON(summary.shared),
      "remote_errors": JSON(summary.remote?.errors ?? 0),
      "stored": JSON(summary.remote?.stored ?? 0), "not_stored": JSON(summary.remote?.notStored ?? 0),
      "lower_cache": JSON(summary.plan.fromLowerCaches), "refused": JSON(summary.refused),
      "compiled": JSON(summary.compiled + outputs.remade), "failed": JSON(summary.failed),
      "not_begun": JSON(summary.notDone),
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
