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

  package var files: [FilePath] { compiler.files }

  package func hosts(of wish: Int) -> [String] { hosts.indices.contains(wish) ? hosts[wish] : [] }

  package func rememberedIdentities(in catalog: Catalog, now: Int64) -> [ArtifactIdentity]? {
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
      case .available(let words, _) = catalog.engine(main.stamp, wish: versionKey(files), now: now)
    else { return nil }
    return identities(CompilerAccount(files: files, words: String(decoding: words, as: UTF8.self)))
  }

  private func identities(_ account: CompilerAccount) -> [ArtifactIdentity] {
    context.account = account
    return context.wishes.map { account.identity($0, of: description) }
  }

  /// The name under which the catalog has what the compiler says of itself.
  private func versionKey(_ files: CompilerFiles) -> String {
    var hash = SHA256()
    for command in description.version { for word in command { hash.update(tag: "word", Array(word.utf8)) } }
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
    let words = try askVersion(of: files)
    let account = CompilerAccount(files: files, words: words)
    context.account = account
    return account
  }

  package func resolve(lanes: Int) throws(CompilerUnusable) -> ToolchainResolution {
    let begun = WallClock.now()
    let account = try account()
    let missing = state.withLock { $0.asked?.missingDefences ?? [] }
    if options.requiresConfinement && !missing.isEmpty { throw .unconfined(missing: missing) }
    var findings: [EngineFinding] = []
    if account.files.areUnchanged, let main = account.files.files.first {
      findings = account.files.findings(at: begun)
      findings.append(
        EngineFinding(
          library: main.stamp, wish: versionKey(account.files), probed: begun,
          result: .available(record: Array(account.words.utf8), build: [])))
    }
    return ToolchainResolution(
      identities: identities(account).map { .success($0) }, missingDefences: missing, findings: findings)
  }

  private static let longestVersion = 4000

  private func askVersion(of files: CompilerFiles) throws(CompilerUnusable) -> String {
    let session: ProgramSession
    do throws(SystemError) { session = try ProgramSession(context) } catch {
      throw .notStarted(reason: error.whyThisProgramDidNotStart)
    }
    state.withLock { $0.asked = session }
    var all: [String] = []
    for command in description.version {
      let arguments = command.map { Template($0).filled(compiler.places) }
      var order = session.order([arguments], of: files, seconds: options.answersWithin)
      order.output = nil
      let report: ProgramReport
      do throws(ModuleFailure) {
        report = try session.ask(order, deadline: .now().adding(seconds: options.answersWithin))
      } catch {
        if case .cancelled = error { throw .cancelled }
        throw .program(description.name, location, reason: error.description)
      }
      switch report.result {
      case .done:
        let text = report.output.isEmpty ? report.words : report.output
        // Some say first by which path they were called.
        all.append(String(text.replacing(arguments[0], with: "{}").prefix(Self.longestVersion)))
      case .failed(_, let how):
        throw unusable(command, how, report)
      case .timedOut:
        throw unusable(command, "did not end within \(Int(options.answersWithin)) s", report)
      case .notStarted(let call, let errno), .cannotWork(let call, let errno):
        let reason = SystemError(call, Errno(rawValue: errno))
        throw .program(
          description.name, location,
          reason: "\(arguments[0]) cannot be started: \(call): \(reason)\(Self.advice(aboutScript: arguments[0]))")
      case .replaced:
        throw .program(description.name, location, reason: "\(arguments[0]) was replaced meanwhile: run again")
      case .fillsDisk, .fillsMemory, .startsTooMany, .tooLarge, .withoutOutput:
        throw unusable(command, "wrote or started more than is allowed", report)
      }
    }
    return all.joined(separator: "\n")
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
      description.name, location, reason: "`\(command.joined(separator: " "))` \(how)\(said)")
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

  package func keep(_ session: any CompileSession) -> Bool { false }

  package func finish() { state.withLock { $0.asked = nil } }
}
