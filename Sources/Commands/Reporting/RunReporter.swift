internal import Exporting
internal import LinuxIO
internal import Precompiler
internal import Scanning
internal import Synchronization
internal import SystemPackage
internal import WasmCache

/// Reports a run: a line for each module on standard error, a status line below them on a terminal, and a summary.
final class RunReporter: RunReporting {
  private let verbosity: Verbosity
  private let palette: Palette
  private let output: Output
  private let state: Mutex<State>

  private struct State {
    var status: StatusLine?
    var ticker: StatusTicker?
    /// What was warned of: a reporter of several runs says it once.
    var warnings: Set<String> = []
    var failures = FailureLog()
    /// Why modules are compiled, as long as that can be seen: each artifact that is made changes it.
    var causes: [JobName: String] = [:]
    /// What became of files for build tools.
    var outputs = BuildReport()
  }

  init(_ verbosity: Verbosity, palette: Palette = .plain, output: Output = .error) {
    self.verbosity = verbosity
    self.palette = palette
    self.output = output
    let hasStatusLine = output.isRewritableTerminal && verbosity.showsStatus
    state = Mutex(State(status: hasStatusLine ? StatusLine(output) : nil))
  }

  // MARK: While it runs

  func record(_ event: RunEvent) {
    switch event {
    case .prepared(let preparation): tell(preparation)
    case .told(let text): say(text.printable)
    case .noted(let text): if verbosity.isVerbose { say("note: \(text.printable)") }
    case .warned(let text): warn(text)
    case .lowerCacheTrouble(let path, let trouble):
      // A quiet run says it, too: whoever named the cache counts on it.
      warn(Self.warning(of: trouble, with: path), evenIfQuiet: true)
    case .remoteTrouble(let store, let trouble): warn(Self.warning(of: trouble, by: store), evenIfQuiet: true)
    case .awaiting(let count): state.withLock { $0.status?.awaited = count }
    case .noexec(let cache): warn("\(cache.printable): \(Self.noexec)", evenIfQuiet: true)
    case .unconfined(let missing): warn(Self.warning(ofMissing: missing))
    case .noticed(let problem):
      let (path, text) = (problem.path.printable, problem.message.printable)
      complain(
        problem.isWarning ? palette.warning(path, text) : palette.error(path, text), isWarning: problem.isWarning)
    case .rejected(let file): complain(palette.error(file.path.printable, file.failure.message.printable))
    case .planned(let plan): tell(plan)
    case .began(let job):
      state.withLock { $0.status?.began(job.content.path.printable, size: job.content.facts.size) }
    case .storing(let job): state.withLock { $0.status?.storing(job.content.path.printable) }
    case .finished(let outcome): tell(outcome)
    }
  }

  private func tell(_ preparation: RunPreparation) {
    guard verbosity.isVerbose else { return }
    for target in preparation.targets { say(Self.line(for: target)) }
    say("cache \(preparation.cache.printable), \(Quantities.count(preparation.lanes, "job"))")
    for path in preparation.lowerCaches { say("lower cache \(path.printable)") }
    if let remote = preparation.remote { say("remote \(remote.printable)") }
  }

  private func tell(_ plan: Plan) {
    if let lost = LostLinksWarning(plan) {
      complain(palette.warning(lost.cache.printable, lost.complaint), isWarning: true)
    }
    let causes = verbosity.explains ? JobName.causes(of: plan.jobs) : [:]
    startTicking(plan)
    state.withLock {
      $0.status?.begin(plan.jobs.map(\.content.facts.size))
      $0.failures.begin(plan)
      $0.causes = causes
    }
    if verbosity.isVerbose || verbosity.explains {
      for (content, target) in plan.upToDate {
        let content = plan.contents[content]
        let place = target.place(of: content.facts.hash)?.cache
        let origin = place?.isLower == true ? " (in \(place?.path.printable ?? ""))" : ""
        say("up to date \(label(content, target))\(origin)")
      }
    }
    if verbosity.isVerbose {
      for content in plan.contents {
        for other in content.paths.dropFirst() {
          say("\(other.printable) is the same module as \(content.path.printable)")
        }
      }
    }
  }

  /// A run with nothing to do shows nothing, and needs no threads for it. The plan is made on the program's first thread.
  private func startTicking(_ plan: Plan) {
    let isShown = state.withLock { $0.status != nil && $0.ticker == nil }
    guard isShown, !plan.jobs.isEmpty else { return }
    let ticker = StatusTicker { [weak self] in self?.drawStatus() ?? false }
    state.withLock { $0.ticker = ticker }
    ticker.start()
  }

  private func drawStatus() -> Bool {
    state.withLock { state in
      state.status?.draw()
      return state.status != nil
    }
  }

  private func tell(_ outcome: JobOutcome) {
    let job = outcome.job
    let (failures, cause) = state.withLock { state in
      state.status?.finished(job.content.path.printable, size: job.content.facts.size)
      return (state.failures.ended(outcome), state.causes[JobName(job)])
    }
    for (path, message) in failures { complain(palette.error(path?.printable ?? Program.name, message.printable)) }
    if verbosity.isVerbose, case .failed(let failure) = outcome.result, let words = failure.words {
      for line in words.whole.split(whereSeparator: \.isNewline) { say("  \(String(line).printable)") }
    }
    switch outcome.result {
    case .compiled(let size, let nanoseconds):
      say(Self.line(for: job, size: size, nanoseconds: nanoseconds, cause: cause, palette: palette))
    case .compiledRemotely(let size): say(Self.line(forRemote: job, size: size, cause: cause, palette: palette))
    case .fetched(let size):
      if verbosity.isVerbose || verbosity.explains { say(Self.line("fetched", job, size: size, palette: palette)) }
    case .shared(let size):
      if verbosity.isVerbose || verbosity.explains { say(Self.line("shared", job, size: size, palette: palette)) }
    case .foundMeanwhile:
      if verbosity.isVerbose || verbosity.explains {
        say("up to date \(label(job.content, job.target)) (compiled by another process meanwhile)")
      }
    case .failed, .notDone: break
    }
  }

  // MARK: Afterwards

  /// Removes the status line, so that what follows starts on an empty one.
  func clearStatus() {
    state.withLock { state in
      state.status?.clear()
      state.status = nil
    }
  }

  func report(_ summary: RunSummary) {
    clearStatus()
    tellRest()
    if summary.isDryRun && !verbosity.isQuiet {
      for job in summary.plan.jobs {
        let cause = job.target.cause(of: job.content, job.reason)
        Output.standard.write("would compile \(label(job.content, job.target)) (\(cause))\n")
      }
    }
    if summary.purpose == .frozen {
      for job in summary.lacking {
        for path in job.content.paths { complain(palette.error(path.printable, missing(job))) }
      }
    }
    // A run believes what it does not read.
    if summary.purpose.onlyLooks, summary.lacking.contains(where: { $0.reason == .artifactCorrupt }),
      let cache = summary.caches.own?.path
    {
      warn("\(repairCommand(for: cache)) moves what is corrupt aside, and the next run makes it again")
    }
    for root in summary.emptyRoots {
      if summary.looksNowhere {
        complain(palette.error(root.printable, Self.emptyRoot))
      } else {
        complain(palette.warning(root.printable, Self.emptyRoot), isWarning: true)
      }
    }
    if summary.looksNowhere && summary.emptyRoots.isEmpty { complain(palette.error(Program.name, Self.nothingNamed)) }
    let outputs = state.withLock { $0.outputs }
    say(summary.line(unwritten: outputs.complaints.count, remade: outputs.remade))
  }

  func report(interrupted summary: RunSummary) {
    clearStatus()
    tellRest()
    say("interrupted: \(summary.line)")
  }

  private func tellRest() {
    for line in state.withLock({ $0.failures.end() }) { complain(palette.error(Program.name, line.printable)) }
  }

  func report(_ outputs: BuildReport) {
    clearStatus()
    if verbosity.isVerbose {
      for (path, method) in outputs.exports.written { say("exported \(path.printable) (\(method.rawValue))") }
      for (path, _) in outputs.exports.removed { say("removed \(path.printable)") }
    }
    state.withLock { $0.outputs = outputs }
    for (path, message) in outputs.warnings { complain(palette.warning(path.printable, message.printable)) }
    for (path, message) in outputs.complaints { complain(palette.error(path.printable, message.printable)) }
    if let line = outputs.line { say(line) }
  }

  func report(_ failure: RunFailure) { clearStatus() }

  // MARK: Lines

  static let emptyRoot = "no modules found: only files that end in .wasm are taken, unless they are named"

  static let nothingNamed = "nothing to look at: no module is named"

  /// The warning about defences that compilers are without.
  static func warning(ofMissing defences: [String]) -> String {
    "compilers run without \(defences.joined(separator: " and ")), which the kernel lacks or forbids; --require-sandbox makes "
      + "that an error"
  }

  static let noexec =
    "is on a file system that is mounted noexec, from which no runtime can map code: choose another place with --cache-dir"

  /// The warning about a lower cache that is not used.
  static func warning(of trouble: LowerCacheTrouble, with lowerCache: FilePath) -> String {
    "lower cache \(lowerCache.printable): \(trouble.message(of: lowerCache))".printable
  }

  /// The warning about a store on another machine.
  static func warning(of trouble: RemoteStoreTrouble, by store: String) -> String {
    "remote \(store): \(trouble)".printable
  }

  /// The line about a module whose artifact came from another machine, or was made for other hosts.
  /// - Parameter fate: how the artifact came, in one word.
  static func line(_ fate: String, _ job: Job, size: Int, palette: Palette) -> String {
    let sizes = "\(Quantities.bytes(job.content.facts.size)) \(Glyphs.arrow) \(Quantities.bytes(size))"
    return "\(palette.done(fate)) \(job.content.path.printable) with \(job.target.name), \(sizes)"
  }

  /// The line about a module that workers of another machine compiled.
  static func line(forRemote job: Job, size: Int, cause: String? = nil, palette: Palette) -> String {
    let sizes = "\(Quantities.bytes(job.content.facts.size)) \(Glyphs.arrow) \(Quantities.bytes(size))"
    let reason = cause.map { " (\($0))" } ?? ""
    return
      "\(palette.done("compiled")) \(job.content.path.printable) with \(job.target.name), \(sizes), remotely\(reason)"
  }

  /// The compiler that is used, for users who want to know everything.
  static func line(for target: CompileTarget) -> String {
    let identity = target.identity
    return "engine \(identity.compiler) (\(target.name)), identity \(identity.shortDigest), "
      + target.toolchain.location.path.printable
  }

  /// The line about a compiled module: its size, the artifact's size, and how long the engine took.
  ///
  /// - Parameter cause: why it was compiled, for users who want to know.
  static func line(for job: Job, size: Int, nanoseconds: UInt64, cause: String?, palette: Palette) -> String {
    let sizes = "\(Quantities.bytes(job.content.facts.size)) \(Glyphs.arrow) \(Quantities.bytes(size))"
    let time = Quantities.duration(nanoseconds: nanoseconds)
    let reason = cause.map { " (\($0))" } ?? ""
    return
      "\(palette.done("compiled")) \(job.content.path.printable) with \(job.target.name), \(sizes), \(time)\(reason)"
  }

  /// A frozen run's message about an artifact that it would need.
  private func missing(_ job: Job) -> String {
    "the cache has no artifact for \(job.target.lack(of: job.content, job.reason)); --frozen compiles nothing"
  }

  private func label(_ content: ModuleContent, _ target: CompileTarget) -> String {
    "\(content.path.printable) with \(target.name)"
  }

  private func warn(_ text: String, evenIfQuiet: Bool = false) {
    guard state.withLock({ $0.warnings.insert(text).inserted }) else { return }
    complain(palette.warning(Program.name, text.printable), isWarning: !evenIfQuiet)
  }

  private func say(_ line: String) {
    if !verbosity.isQuiet { complain(line) }
  }

  /// Prints a line that even a quiet run prints, unless it is a mere warning.
  private func complain(_ line: String, isWarning: Bool = false) {
    if isWarning && verbosity.isQuiet { return }
    state.withLock { state in
      state.status?.clear()
      output.write(line + "\n")
      state.status?.draw()
    }
  }
}
