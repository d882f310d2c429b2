internal import LinuxIO
internal import Precompiler
internal import Synchronization
internal import SystemPackage
internal import WasmEngine
internal import Watching

/// Says what a watcher does in objects, a line each.
final class JSONWatchReporter: WatchReporting {
  private let lines: JSONLines
  private let state = Mutex(State())

  private struct State {
    var known = JSONRunLines()
    /// The changes of the batch at work, by path.
    var changes: [FilePath: Change] = [:]
    var compiled = 0
  }

  init(_ lines: JSONLines) { self.lines = lines }

  func prepared(engine: EngineLocation, identities: [EngineIdentity], cache: FilePath, lanes: Int) {
    let line = state.withLock { state in
      state.known.prepared(engine: engine, identities: identities, cache: cache, lanes: lanes)
    }
    if let line { lines.write(line) }
  }

  func noted(_ text: String) { lines.write(JSONRunLines.note(text)) }

  func unconfined(missing: [String]) {
    if let text = state.withLock({ $0.known.unconfined(missing: missing) }) {
      lines.write(JSONRunLines.warning(nil, text))
    }
  }

  func found(_ content: ModuleContent, engine: Int, at paths: [FilePath]) {
    let (known, changes) = state.withLock { ($0.known, $0.changes) }
    lines.write(known.upToDate(content, engine, Self.members(of: Wait(of: paths, in: changes))))
  }

  func finished(_ outcome: JobOutcome) {
    switch outcome.result {
    // What failed is told when it is known whether it will stay so.
    case .failed, .notDone: return
    case .compiled: state.withLock { $0.compiled += 1 }
    case .foundMeanwhile: break
    }
    let (known, changes) = state.withLock { ($0.known, $0.changes) }
    lines.write(known.outcome(outcome, Self.members(of: Wait(of: outcome.job.content.paths, in: changes))))
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
    case .commandFinished(let status): lines.write(JSON(status))
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
      case .notStarted(let error): (nil, nil, "\(error)")
      }
    self = ["type": "command", "status": JSON(exit), "signal": JSON(signal), "message": JSON(message)]
  }

  fileprivate init(_ value: UInt64?) { self = value.map { JSON($0) } ?? .null }
}

extension FileEvent.Kind {
  /// What happened to the file, in the words that people are told.
  fileprivate var word: String {
    switch self {
    case .listed: "found"
    case .created: "created"
    case .written: "written"
    case .movedIn: "moved in"
    case .removed: "removed"
    }
  }
}
