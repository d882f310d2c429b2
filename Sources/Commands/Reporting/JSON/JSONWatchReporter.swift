internal import LinuxIO
internal import Precompiler
internal import Synchronization
internal import SystemPackage
internal import Watching

/// Reports a watcher's work in objects, one a line.
final class JSONWatchReporter: WatchReporting {
  private let lines: JSONLines
  private let state = Mutex(State())

  private struct State {
    var known = JSONRunLines()
    /// The warnings that were given already.
    var warnings: Set<String> = []
    var hasToldLostLinks = false
    /// The changes of the batch at work, by path.
    var changes: [FilePath: Change] = [:]
    var compiled = 0
  }

  init(_ lines: JSONLines) { self.lines = lines }

  var output: Output { lines.output }

  func record(_ event: RunEvent) {
    switch event {
    case .prepared(let preparation):
      if let line = state.withLock({ $0.known.prepared(preparation) }) { lines.write(line) }
    case .told(let text), .noted(let text): lines.write(JSONRunLines.note(text))
    case .warned(let text): warn(nil, text)
    case .noexec(let cache): warn(cache, RunReporter.noexec)
    case .lowerCacheTrouble(let path, let trouble): warn(path, "lower cache: \(trouble.message(of: path))")
    case .remoteTrouble(let store, let trouble): warn(nil, RunReporter.warning(of: trouble, by: store))
    case .unconfined(let missing): warn(nil, RunReporter.warning(ofMissing: missing))
    case .finished(let outcome): tell(outcome)
    case .planned(let plan): tell(plan)
    case .noticed, .rejected, .awaiting, .began, .storing: break
    }
  }

  /// The plan is reported once a session: later batches have fewer modules, and would say the same again.
  private func tell(_ plan: Plan) {
    guard let lost = LostLinksWarning(plan) else { return }
    let isNew = state.withLock { state in
      defer { state.hasToldLostLinks = true }
      return !state.hasToldLostLinks
    }
    if isNew { lines.write(JSONRunLines.warning(lost.cache, lost.complaint)) }
  }

  /// A warning is reported once: each batch is a run of its own, which says the same again.
  private func warn(_ path: FilePath?, _ text: String) {
    let isNew = state.withLock { $0.warnings.insert("\(path?.string ?? ""): \(text)").inserted }
    if isNew { lines.write(JSONRunLines.warning(path, text)) }
  }

  func found(_ content: ModuleContent, _ target: CompileTarget, at paths: [FilePath]) {
    let changes = state.withLock { $0.changes }
    lines.write(JSONRunLines.upToDate(content, target, Self.members(of: Wait(of: paths, in: changes))))
  }

  private func tell(_ outcome: JobOutcome) {
    switch outcome.result {
    // A failure is reported when it is known whether it will stay.
    case .failed, .notDone: return
    case .compiled, .compiledRemotely: state.withLock { $0.compiled += 1 }
    case .fetched, .shared, .foundMeanwhile: break
    }
    let changes = state.withLock { $0.changes }
    let wait = Wait(of: outcome.job.content.paths, in: changes)
    lines.write(JSONRunLines.outcome(outcome, Self.members(of: wait)))
  }

  private static func members(of wait: Wait?) -> KeyValuePairs<String, JSON> {
    ["change": JSON(wait?.cause.word), "waited_nanoseconds": JSON(wait?.nanoseconds)]
  }

  func report(_ report: WatchReport) {
    switch report {
    case .ready(let modules): lines.write(["type": "ready", "modules": JSON(modules)])
    case .batchStarted(let batch):
      let changes = Dictionary(batch.changes.map { ($0.path, $0) }) { first, _ in first }
      state.withLock { $0.changes = changes }
    case .batchFinished(_, let outcomes):
      let paths = outcomes.filter { $0.value == .unchanged }.map(\.key.path)
      lines.write(
        contentsOf: paths.sorted { $0.bytes.lexicographicallyPrecedes($1.bytes) }.lazy.map {
          ["type": "unchanged", "path": JSON($0)]
        })
    case .removed(let change): lines.write(["type": "removed", "path": JSON(change.path)])
    case .diagnostic(let diagnostic): lines.write(JSONRunLines.error(diagnostic.change.path, diagnostic.message))
    case .trouble(let message, let changes):
      lines.write(contentsOf: changes.lazy.map { JSONRunLines.error($0.path, message) })
    case .command(.stillRunning): lines.write(JSONRunLines.note("--exec: \(ExecRunner.Status.runsOn)"))
    case .command(.stopped(let signal)):
      lines.write(
        JSONRunLines.warning(nil, "--exec: the command is stopped by signal \(signal), and does not go on by itself"))
    case .command(let status): lines.write(JSON(status))
    case .notice(let notice): lines.write(JSONRunLines.note(notice.description))
    }
  }

  func ended() {
    lines.write(["type": "summary", "compiled": JSON(state.withLock { $0.compiled })])
  }
}

extension JSON {
  fileprivate init(_ status: ExecRunner.Status) {
    let (exit, signal, message): (Int?, Int?, String?) =
      switch status {
      case .exited(let status): (Int(status), nil, nil)
      case .killed(let signal): (nil, Int(signal), nil)
      case .notStarted(let error): (nil, nil, error.reason)
      case .stopped, .stillRunning: (nil, nil, nil)
      }
    self = ["type": "command", "status": JSON(exit), "signal": JSON(signal), "message": JSON(message)]
  }

  fileprivate init(_ value: UInt64?) { self = value.map { JSON($0) } ?? .null }
}

extension FileEvent.Kind {
  /// The file's change, in the words of messages for people.
  fileprivate var word: String {
    switch self {
    case .listed: "found"
    case .created: "created"
    case .written: "written"
    case .movedIn: "moved_in"
    case .removed: "removed"
    }
  }
}
