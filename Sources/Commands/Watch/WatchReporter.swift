internal import LinuxIO
internal import Precompiler
internal import Synchronization
internal import SystemPackage
internal import WasmEngine
internal import Watching

/// Says what a watcher does: one line a change, with how long a user waited for it.
final class WatchReporter: WatchReporting {
  private let verbosity: Verbosity
  private let palette: Palette
  private let clearsScreen: Bool
  private let output: Output
  private let state = Mutex(State())

  private struct State {
    var engines: [EngineIdentity] = []
    /// The changes of the batch at work, by path.
    var changes: [FilePath: Change] = [:]
    var isUnconfined = false
  }

  init(_ verbosity: Verbosity, palette: Palette = .plain, clearsScreen: Bool, output: Output = .error) {
    self.verbosity = verbosity
    self.palette = palette
    self.clearsScreen = clearsScreen && output.isRewritableTerminal
    self.output = output
  }

  // MARK: What the precompiler does

  func prepared(engine: EngineLocation, identities: [EngineIdentity], cache: FilePath, lanes: Int) {
    let isNew = state.withLock { state in
      defer { state.engines = identities }
      return state.engines != identities
    }
    guard isNew, verbosity.isVerbose else { return }
    for identity in identities { say(RunReporter.line(for: identity, from: engine)) }
    say("cache \(cache.printable)")
  }

  func noted(_ text: String) {
    if verbosity.isVerbose { say("note: \(text.printable)") }
  }

  func unconfined(missing: [String]) {
    let isKnown = state.withLock { state in
      defer { state.isUnconfined = true }
      return state.isUnconfined
    }
    if !isKnown { say("\(CommandLineTool.name): warning: \(RunReporter.warning(ofMissing: missing))") }
  }

  func finished(_ outcome: JobOutcome) {
    guard case .compiled(let size, let nanoseconds) = outcome.result else { return }
    let job = outcome.job
    let (engines, changes) = state.withLock { ($0.engines, $0.changes) }
    let settings = engines.indices.contains(job.engine) ? "\(engines[job.engine].settings)" : "?"
    let line = RunReporter.line(
      for: job, settings: settings, size: size, nanoseconds: nanoseconds, explains: verbosity.explains,
      palette: palette)
    say(line + (Wait(job.content, in: changes).map { Self.text(of: $0) } ?? ""))
  }

  /// `; ready 27.1 ms after it was written`
  private static func text(of wait: Wait) -> String {
    "; ready \(Quantities.duration(nanoseconds: wait.nanoseconds)) after it \(wait.cause.happening)"
  }

  // MARK: What the watcher does

  func report(_ report: WatchReport) {
    switch report {
    case .ready(let modules):
      say("ready: watching \(Quantities.count(modules, "module"))")
    case .batchStarted(let batch):
      if clearsScreen { output.write("\u{1b}[2J\u{1b}[3J\u{1b}[H") }
      let changes = Dictionary(batch.changes.map { ($0.path, $0) }) { first, _ in first }
      state.withLock { $0.changes = changes }
    case .batchFinished(_, let outcomes):
      for (change, outcome) in outcomes.sorted(by: { $0.key.path.bytes.lexicographicallyPrecedes($1.key.path.bytes) })
      where outcome == .unchanged && (verbosity.isVerbose || verbosity.explains) {
        say("up to date \(change.path.printable)")
      }
    case .removed(let change):
      say("removed \(change.path.printable) (its artifacts stay in the cache)")
    case .diagnostic(let diagnostic):
      complain(palette.error(diagnostic.change.path.printable, diagnostic.message.printable))
    case .commandFinished(let status):
      if let text = status.failure { complain(palette.error("--exec", "the command \(text)")) }
    case .notice(let notice):
      say("note: \(notice.description.printable)")
    }
  }

  func ended() {}

  private func say(_ line: String) {
    if !verbosity.isQuiet { complain(line) }
  }

  private func complain(_ line: String) { output.write(line + "\n") }
}

extension FileEvent.Kind {
  /// What a user did.
  fileprivate var happening: String {
    switch self {
    case .listed: "was found"
    case .created: "was created"
    case .written: "was written"
    case .movedIn: "was moved in"
    case .removed: "was removed"
    }
  }
}

extension ExecRunner.Status {
  /// How a run failed; nil if it did not.
  fileprivate var failure: String? {
    switch self {
    case .exited(0): nil
    case .exited(let status): "exited with status \(status)"
    case .killed(let signal): "\(ExitReason.signalled(signal))"
    case .notStarted(let error): "could not be started: \(error)"
    }
  }
}
