internal import Confinement
internal import Crypto
internal import Glibc
package import LinuxIO
package import Precompiler
internal import Synchronization
internal import SystemPackage
package import WasmCache
package import WasmEngine

/// A described compiler as a run's compiler: its programs run confined, under a supervisor for each session.
package final class ProgramToolchain: Toolchain {
  package typealias Options = ProgramOptions

  private let context: ProgramContext
  private let hosts: [[String]]
  private let origin: EngineLocation.Origin
  private let state = Mutex(State())

  private struct State {
    /// The digests that the catalog knew, although not all of them.
    var known: [FileStamp: [UInt8]] = [:]
    /// The session that was asked what the compiler is, which has met no module.
    var asked: ProgramSession?
    /// What it was asked.
    var answers: CompilerAnswers?
    /// The targets that the catalog knows it to make code for.
    var targets: Set<String> = []
  }

  package init(
    _ compiler: FoundCompiler, wishes: [CompilerWish], hosts: [[String]] = [], origin: EngineLocation.Origin = .system,
    options: Options = Options(), cancellation: Cancellation
  ) {
    context = ProgramContext(compiler, wishes: wishes, options: options, cancellation: cancellation)
    self.hosts = hosts
    self.origin = origin
  }

  package var compiler: FoundCompiler { context.compiler }
  private var description: CompilerDescription { context.compiler.description }
  private var options: Options { context.options }

  package var location: EngineLocation { EngineLocation(path: compiler.main, origin: origin) }
  package var wishes: [CompileWish] { context.wishes.map(\.wish) }
  package var cores: ToolchainCores { description.usesAllCores ? .all : .one }

  package var files: [FilePath] { compiler.files + (context.account?.helpers.files.map(\.path) ?? []) }

  package func hosts(of wish: Int) -> [String] { hosts.indices.contains(wish) ? hosts[wish] : [] }

  package func rememberedIdentities(in catalog: Catalog, now: Int64) -> [ArtifactIdentity]? {
    let targets = wantedTargets.filter { isTarget($0, in: catalog, now: now) }
    state.withLock { $0.targets = targets }
    guard compiler.versionFollowsFiles else { return nil }
    var known: [FileStamp: [UInt8]] = [:]
    func digest(_ stamp: FileStamp) -> [UInt8]? {
      guard case .available(_, let digest) = catalog.engine(stamp, wish: CompilerFiles.key, now: now) else {
        return nil
      }
      known[stamp] = digest
      return digest
    }
    defer { state.withLock { [known] in $0.known = known } }
    guard let files = CompilerFiles(of: context.parts, rememberedBy: digest), let main = files.files.first,
      case .available(let bytes, _) = catalog.engine(main.stamp, wish: versionKey(files), now: now)
    else { return nil }
    let answers = CompilerAnswers(bytes)
    guard let helpers = CompilerFiles(of: compiler.helpers(answers.helpers), rememberedBy: digest),
      targets == wantedTargets
    else { return nil }
    return identities(CompilerAccount(files: files, words: answers.words, helpers: helpers))
  }

  private func identities(_ account: CompilerAccount) -> [ArtifactIdentity] {
    context.account = account
    return context.wishes.map { account.identity($0, of: description) }
  }

  /// The name under which the catalog has what the compiler says of itself.
  private func versionKey(_ files: CompilerFiles) -> String {
    var hash = SHA256()
    for command in description.version { for word in command { hash.update(tag: "word", Array(word.utf8)) } }
    for command in description.helpers { for word in command { hash.update(tag: "helper", Array(word.utf8)) } }
    return "version of \(description.name) \(files.digest.hex) \(Array(hash.finalize()).hex)"
  }

  /// What the compiler is, asked anew unless that was done.
  package func account() throws(CompilerUnusable) -> CompilerAccount {
    if let account = context.account { return account }
    let known = state.withLock { $0.known }
    let files: CompilerFiles
    do { files = try CompilerFiles(of: context.parts) { known[$0] } } catch {
      throw .program(description.name, location, reason: error.description)
    }
    let answers = try ask(files)
    let helpers: CompilerFiles
    do { helpers = try CompilerFiles(of: compiler.helpers(answers.helpers)) { known[$0] } } catch {
      throw .program(description.name, location, reason: error.description)
    }
    let account = CompilerAccount(files: files, words: answers.words, helpers: helpers)
    context.account = account
    state.withLock { $0.answers = answers }
    return account
  }

  package func resolve(lanes: Int) throws(CompilerUnusable) -> ToolchainResolution {
    let begun = WallClock.now()
    let account = try account()
    let (missing, answers) = state.withLock { ($0.asked?.missingDefences ?? [], $0.answers) }
    if options.requiresConfinement && !missing.isEmpty { throw .unconfined(missing: missing) }
    var findings: [EngineFinding] = []
    if account.isUnchanged, let main = account.files.files.first, let answers {
      findings = account.files.findings(at: begun) + account.helpers.findings(at: begun)
      findings.append(
        EngineFinding(
          library: main.stamp, wish: versionKey(account.files), probed: begun,
          result: .available(record: answers.bytes, build: [])))
    }
    let targets = try tryTargets(account)
    if !targets.isEmpty, account.isUnchanged, let main = account.files.files.first {
      var since = begun
      if let file = try? RegularFile(main.path) { since = StampTrust.beginning(file, main.stamp) }
      findings += targets.map { [since] in
        EngineFinding(
          library: main.stamp, wish: targetKey($0), probed: since, result: .available(record: [], build: []))
      }
    }
    return ToolchainResolution(
      identities: identities(account).map { .success($0) }, missingDefences: missing, findings: findings)
  }

  private var wantedTargets: Set<String> { Set(context.wishes.compactMap(\.target)) }

  /// The name under which the catalog has that its program makes code for a target, called as it is today.
  private func targetKey(_ target: String) -> String {
    var hash = SHA256()
    for command in description.commands { for word in command { hash.update(tag: "word", Array(word.utf8)) } }
    for word in description.target ?? [] { hash.update(tag: "target", Array(word.utf8)) }
    return "\(description.name) makes code for \(target) \(Array(hash.finalize()).hex)"
  }

  private func isTarget(_ target: String, in catalog: Catalog, now: Int64) -> Bool {
    guard let stamp = try? Descriptor.status(of: compiler.main).stamp,
      case .available = catalog.engine(stamp, wish: targetKey(target), now: now)
    else { return false }
    return true
  }

  /// Tries each target that is not known to be one with the smallest module and no other settings: a misspelled one is a mistake of
  /// the run's, and otherwise each module would fail for it.
  ///
  /// - Returns: those for which it makes code.
  private func tryTargets(_ account: CompilerAccount) throws(CompilerUnusable) -> [String] {
    let targets = wantedTargets.subtracting(state.withLock { $0.targets }).sorted()
    if targets.isEmpty { return [] }
    let plain = EngineSettings(backend: Backend(rawValue: description.name))
    let trial = ProgramToolchain(
      compiler, wishes: [CompilerWish(plain)] + targets.map { CompilerWish(plain, target: $0) }, options: options,
      cancellation: context.cancellation)
    trial.context.account = account
    var good: [String] = []
    for (number, target) in targets.enumerated() {
      do throws(ModuleFailure) {
        try trial.compileSmallest(number + 1)
        good.append(target)
      } catch {
        switch error {
        case .cancelled: throw .cancelled
        case .programFailed(_, let how, let words):
          // One that does not compile for this machine either says nothing about targets.
          do throws(ModuleFailure) { try trial.compileSmallest(0) } catch { continue }
          throw .target(target, of: description.name, reason: how + (words.map { ": \($0.brief)" } ?? ""))
        // Whatever else is wrong, modules meet it; and each of the others would take as long.
        case .timedOut: return good
        default: continue
        }
      }
    }
    return good
  }

  private func compileSmallest(_ wish: Int) throws(ModuleFailure) {
    let seconds = min(options.answersWithin, options.timeout)
    let deadline = MonotonicInstant.now().adding(seconds: seconds)
    let session = try openSession(for: [], origin: .any, lanes: 1, deadline: deadline)
    _ = try session.compile(.empty, wish: wish, threads: 1, deadline: deadline, timeout: seconds)
  }

  private static let longestVersion = 4000

  /// Asks it what it is, and what it starts.
  private func ask(_ files: CompilerFiles) throws(CompilerUnusable) -> CompilerAnswers {
    let session: ProgramSession
    do throws(SystemError) { session = try ProgramSession(context) } catch {
      throw .notStarted(reason: error.whyThisProgramDidNotStart)
    }
    state.withLock { $0.asked = session }
    var all: [String] = []
    for command in description.version {
      let arguments = command.map { Template($0).filled(compiler.places) }
      let report = try ask(arguments, of: files, session)
      if let trouble = trouble(command, arguments[0], report) {
        throw try lacksMemory(arguments, files, session) ? lackOfMemory(command) : trouble
      }
      let text = report.output.isEmpty ? report.words : report.output
      // Some say first by which path they were called.
      all.append(String(text.replacing(arguments[0], with: "{}").prefix(Self.longestVersion)))
    }
    var helpers: [String] = []
    for command in description.helpers {
      let arguments = command.map { Template($0).filled(compiler.places) }
      let report = try ask(arguments, of: files, session)
      // Not every compiler knows the question, and not every one starts such a program. Whatever else happens to one says nothing,
      // and what it starts would be left out for good.
      if case .failed(_, let how) = report.result, how.hasPrefix("exited") { continue }
      if let trouble = trouble(command, arguments[0], report) { throw trouble }
      if let line = report.output.split(whereSeparator: \.isNewline).first { helpers.append(String(line)) }
    }
    return CompilerAnswers(words: all.joined(separator: "\n"), helpers: helpers)
  }

  /// Why a question has no answer; nil if it has one.
  private func trouble(_ command: [String], _ program: String, _ report: ProgramReport) -> CompilerUnusable? {
    switch report.result {
    case .done: return nil
    case .failed(_, let how): return unusable(command, how, report)
    case .timedOut: return unusable(command, "did not end within \(Int(options.answersWithin)) s", report)
    case .notStarted(let call, let errno), .cannotWork(let call, let errno):
      let reason = SystemError(call, Errno(rawValue: errno))
      return .program(
        description.name, location,
        reason: "\(program) cannot be started: \(call): \(reason)\(Self.advice(aboutScript: program))")
    case .replaced: return .program(description.name, location, reason: "\(program) was replaced meanwhile: run again")
    case .fillsMemory: return lackOfMemory(command)
    case .fillsDisk, .startsTooMany, .tooLarge, .withoutOutput:
      return unusable(command, "wrote or started more than is allowed", report)
    }
  }

  /// Whether a question that failed has an answer where more memory is allowed.
  private func lacksMemory(
    _ arguments: [String], _ files: CompilerFiles, _ session: ProgramSession
  ) throws(CompilerUnusable) -> Bool {
    let usual = ProgramOptions().memory
    guard options.memory < usual else { return false }
    if case .done = try ask(arguments, of: files, session, memory: usual).result { return true }
    return false
  }

  private func lackOfMemory(_ command: [String]) -> CompilerUnusable {
    .program(
      description.name, location,
      reason:
        "`\(shown(command))` needs more memory than --max-memory \(ByteCount(options.memory)) allows: "
        + "raise it")
  }

  private func ask(
    _ arguments: [String], of files: CompilerFiles, _ session: ProgramSession, memory: Int? = nil
  ) throws(CompilerUnusable) -> ProgramReport {
    var order = session.order([arguments], of: files, seconds: options.answersWithin, memory: memory)
    order.output = nil
    do throws(ModuleFailure) {
      return try session.ask(order, deadline: .now().adding(seconds: options.answersWithin))
    } catch {
      if case .cancelled = error { throw .cancelled }
      throw .program(description.name, location, reason: error.description)
    }
  }

  /// Behind a message about a program that could not be started: nothing, unless it is a script.
  private static func advice(aboutScript path: String) -> String {
    guard let interpreter = PythonWrapper.interpreter(of: FilePath(path)) else { return "" }
    return
      ": it is a script for \(interpreter), which compilers may not use: put the directory of the program that the script "
      + "starts first on PATH"
  }

  private func unusable(_ command: [String], _ how: String, _ report: ProgramReport) -> CompilerUnusable {
    let words = CompilerWords(report.words)
    let said = words.map { ": \($0.brief)" } ?? ""
    return .program(
      description.name, location, reason: "`\(shown(command))` \(how)\(said)")
  }

  /// A command with the names of programs.
  private func shown(_ command: [String]) -> String {
    let names = compiler.places.mapValues { FilePath($0).lastComponent?.string ?? $0 }
    return command.map { Template($0).filled(names) }.joined(separator: " ")
  }

  package func openSession(
    for identities: [ArtifactIdentity], origin: ModuleOrigin, lanes: Int, deadline: MonotonicInstant
  ) throws(ModuleFailure) -> any CompileSession {
    let asked = state.withLock { state in
      defer { state.asked = nil }
      return state.asked
    }
    if let asked, asked.isUsable { return asked }
    do throws(SystemError) { return try ProgramSession(context) } catch {
      throw .compilerNotStarted(reason: error.whyThisProgramDidNotStart)
    }
  }

  /// Whether it compiles the smallest module as its first wish says; blocks.
  package func makesCode() -> Bool {
    guard !wishes.isEmpty, (try? account()) != nil else { return false }
    defer { finish() }
    return (try? compileSmallest(0)) != nil
  }

  package func keep(_ session: any CompileSession) -> Bool { false }

  package func finish() { state.withLock { $0.asked = nil } }
}
