internal import LinuxIO
internal import Precompiler
internal import Synchronization
internal import SystemPackage
internal import WasmCache
internal import Watching

/// Reports a watcher's work: one line a change, with how long a user waited for it.
final class WatchReporter: WatchReporting {
  private let verbosity: Verbosity
  private let palette: Palette
  private let clearsScreen: Bool
  let output: Output
  private let state: Mutex<State>
  private let showsTime: Bool
  private let ticker = Mutex<StatusTicker?>(nil)

  private struct State {
    var status: StatusLine?
    var prepared: [ArtifactIdentity] = []
    /// The warnings that were given already.
    var warnings: Set<String> = []
    var hasToldLostLinks = false
    /// The changes of the batch at work, by path.
    var changes: [FilePath: Change] = [:]
    /// Why modules are compiled, for users who want to know.
    var causes: [JobName: String] = [:]
    var isReady = false
  }

  init(_ verbosity: Verbosity, palette: Palette = .plain, clearsScreen: Bool, output: Output = .error) {
    self.verbosity = verbosity
    self.palette = palette
    self.clearsScreen = clearsScreen && output.isRewritableTerminal
    self.output = output
    showsTime = output.isRewritableTerminal
    state = Mutex(State(status: output.isRewritableTerminal && !verbosity.isQuiet ? StatusLine(output) : nil))
    if output.isRewritableTerminal && !verbosity.isQuiet {
      ticker.withLock { $0 = StatusTicker { [weak self] in self?.drawStatus() ?? false } }
    }
  }

  private func drawStatus() -> Bool {
    state.withLock { state in
      state.status?.draw()
      return state.status?.isAtWork ?? false
    }
  }

  // MARK: What the precompiler does

  func record(_ event: RunEvent) {
    switch event {
    case .prepared(let preparation): tell(preparation)
    case .told(let text): say(text.printable)
    case .noted(let text): if verbosity.isVerbose { say("note: \(text.printable)") }
    case .warned(let text): warn(text)
    case .noexec(let cache): warn("\(cache.printable): \(RunReporter.noexec)")
    case .lowerCacheTrouble(let path, let trouble):
      warn(RunReporter.warning(of: trouble, with: path), evenIfQuiet: true)
    case .remoteTrouble(let store, let trouble):
      warn(RunReporter.warning(of: trouble, by: store), evenIfQuiet: true)
    case .awaiting(let count): state.withLock { $0.status?.awaited = count }
    case .unconfined(let missing): warn(RunReporter.warning(ofMissing: missing))
    case .finished(let outcome): tell(outcome)
    case .planned(let plan): tell(plan)
    case .began(let job):
      state.withLock { $0.status?.began(job.content.path.printable, size: job.content.facts.size) }
    case .storing(let job): state.withLock { $0.status?.storing(job.content.path.printable) }
    case .noticed, .rejected: break
    }
  }

  private func tell(_ preparation: RunPreparation) {
    let identities = preparation.targets.map(\.identity)
    let isNew = state.withLock { state in
      defer { state.prepared = identities }
      return state.prepared != identities
    }
    guard isNew, verbosity.isVerbose else { return }
    for target in preparation.targets { say(RunReporter.line(for: target)) }
    say("cache \(preparation.cache.printable)")
    for path in preparation.lowerCaches { say("lower cache \(path.printable)") }
    if let remote = preparation.remote { say("remote \(remote.printable)") }
  }

  /// The plan is reported once a session: later batches have fewer modules, and would say the same again.
  private func tell(_ plan: Plan) {
    if !plan.jobs.isEmpty {
      state.withLock { $0.status?.begin(plan.jobs.map(\.content.facts.size)) }
      ticker.withLock { $0 }?.start()
    }
    if verbosity.explains {
      let causes = JobName.causes(of: plan.jobs)
      state.withLock { $0.causes = causes }
    }
    guard let lost = LostLinksWarning(plan) else { return }
    let isNew = state.withLock { state in
      defer { state.hasToldLostLinks = true }
      return !state.hasToldLostLinks
    }
    if isNew { say(palette.warning(lost.cache.printable, lost.complaint)) }
  }

  /// A warning is reported once: each batch is a run of its own, which says the same again.
  private func warn(_ text: String, evenIfQuiet: Bool = false) {
    let isNew = state.withLock { $0.warnings.insert(text).inserted }
    guard isNew, evenIfQuiet || !verbosity.isQuiet else { return }
    complainNow(palette.warning(Program.name, text.printable))
  }

  func found(_ content: ModuleContent, _ target: CompileTarget, at paths: [FilePath]) {
    // Artifacts that are there at the start are up to date, as in any run.
    guard verbosity.isVerbose || verbosity.explains || state.withLock({ $0.isReady }) else { return }
    for path in paths {
      say("\(palette.done("cached")) \(path.printable) with \(target.name)\(wait(for: [path]))")
    }
  }

  private func tell(_ outcome: JobOutcome) {
    let job = outcome.job
    state.withLock { $0.status?.finished(job.content.path.printable, size: job.content.facts.size) }
    switch outcome.result {
    case .compiled(let size, let nanoseconds):
      let cause = state.withLock { $0.causes[JobName(job)] }
      let line = RunReporter.line(for: job, size: size, nanoseconds: nanoseconds, cause: cause, palette: palette)
      say(line + wait(for: job.content.paths))
    case .compiledRemotely(let size):
      say(RunReporter.line(forRemote: job, size: size, palette: palette) + wait(for: job.content.paths))
    case .fetched(let size):
      say(RunReporter.line("fetched", job, size: size, palette: palette) + wait(for: job.content.paths))
    case .shared(let size):
      say(RunReporter.line("shared", job, size: size, palette: palette) + wait(for: job.content.paths))
    case .foundMeanwhile: found(job.content, job.target, at: job.content.paths)
    // A failure is reported when it is known whether it will stay.
    case .failed, .notDone: break
    }
  }

  /// `; ready 27.1 ms after it was written`, or nothing for a file that was found there.
  private func wait(for paths: [FilePath]) -> String {
    guard let wait = Wait(of: paths, in: state.withLock { $0.changes }) else { return "" }
    return "; ready \(Quantities.duration(nanoseconds: wait.nanoseconds)) after it \(wait.cause.happening)"
  }

  // MARK: What the watcher does

  func report(_ report: WatchReport) {
    switch report {
    case .ready(let modules):
      state.withLock { $0.isReady = true }
      say("ready: watching \(Quantities.count(modules, "module"))")
    case .batchStarted(let batch):
      if clearsScreen { state.withLock { _ in output.write("\u{1b}[2J\u{1b}[3J\u{1b}[H") } }
      let changes = Dictionary(batch.changes.map { ($0.path, $0) }) { first, _ in first }
      state.withLock { $0.changes = changes }
    case .batchFinished(_, let outcomes):
      state.withLock { $0.status?.begin([]) }
      for (change, outcome) in outcomes.sorted(by: { $0.key.path.bytes.lexicographicallyPrecedes($1.key.path.bytes) })
      where outcome == .unchanged && (verbosity.isVerbose || verbosity.explains) {
        say("up to date \(change.path.printable)")
      }
    case .removed(let change):
      say("removed \(change.path.printable) (its artifacts stay in the cache)")
    case .diagnostic(let diagnostic):
      let more = diagnostic.isTriedAgain ? "; it is tried again" : ""
      complainNow(palette.error(diagnostic.change.path.printable, diagnostic.message.printable + more))
    case .trouble(let message, let changes):
      let more = "; \(Quantities.count(changes.count, "module")) are tried again"
      complainNow(palette.error(Program.name, message.printable + more))
    case .command(.stillRunning): say("note: --exec: \(ExecRunner.Status.runsOn)")
    case .command(let status):
      if let text = status.failure { complainNow(palette.error("--exec", "the command \(text)")) }
    case .notice(let notice):
      // What is there then is up to date, as at the start.
      if notice == .configured { state.withLock { $0.isReady = false } }
      say("note: \(notice.description.printable)")
    }
  }

  func ended() { state.withLock { $0.status?.clear() } }

  /// Prints a line of what is done, on a terminal with the time of day.
  private func say(_ line: String) {
    if !verbosity.isQuiet { complain(showsTime ? "\(Self.timeOfDay) \(line)" : line) }
  }

  /// Prints an error or a warning, on a terminal with the time of day behind it: programs look for a file's name in front.
  private func complainNow(_ line: String) { complain(showsTime ? "\(line) (\(Self.timeOfDay))" : line) }

  private static var timeOfDay: String { LocalTime.clock(nanoseconds: WallClock.now()) }

  private func complain(_ line: String) {
    state.withLock { state in
      state.status?.clear()
      output.write(line + "\n")
      state.status?.draw()
    }
  }
}

extension FileEvent.Kind {
  /// The user's action.
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
    case .notStarted(let error): "could not be started: \(error.reason)"
    case .stopped(let signal): "is stopped by signal \(signal), and does not go on by itself"
    case .stillRunning: nil
    }
  }

  static let runsOn = "the command still runs, and is run again when it has ended; --restart ends it first"
}
