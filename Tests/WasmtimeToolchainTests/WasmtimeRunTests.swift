import Dispatch
import Glibc
import LinuxIO
import PrecompilerTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Precompiler
@testable import WasmEngine
@testable import WasmtimeToolchain

struct WasmtimeRunTests {
  let fixture: ChildFixture
  private var cachePath: FilePath { fixture.directory("cache") }

  init() throws { fixture = try ChildFixture() }

  /// Modules in the order in which they are given; all of one size, so that they are compiled in it.
  private func write(_ names: String...) throws {
    for name in names { try fixture.directory.write(WasmBinary.returning(Int(name.utf8.first ?? 0)), to: name) }
  }

  /// A run with a libwasmtime, and how its children are started.
  private struct Run {
    var request: PrecompileRequest
    var settings: [EngineSettings]
    var engine: EngineFile
    var options = WasmtimeToolchain.Options()
  }

  private func request(_ names: String..., settings: [EngineSettings] = [EngineSettings(backend: .winch)]) throws -> Run
  {
    let request = PrecompileRequest(
      RunInput(names.map { fixture.directory($0) }), caches: CachePlaces(cachePath), work: WorkPolicy(lanes: 1))
    var run = Run(request: request, settings: settings, engine: try ChildFixture.engine())
    run.options.program = try fixture.program()
    return run
  }

  private func run(
    _ run: Run, _ observer: RecordingObserver = RecordingObserver()
  ) throws(PrecompileError) -> RunSummary {
    let toolchain = WasmtimeToolchain(
      run.engine, settings: run.settings, options: run.options, cancellation: fixture.cancellation)
    return try Precompiler(
      run.request, with: [toolchain], observer: observer, cancellation: fixture.cancellation
    ).run()
  }

  private func lines(_ summary: RunSummary) -> [String] { summary.outcomes.map(\.line) }

  /// Nothing is left of a run: no child, no file that was not published.
  private func expectNothingLeft() throws {
    #expect(fixture.leftOver.isEmpty)
    let staging = try Descriptor.open(cachePath.appending("v1/tmp"), O_RDONLY)
    #expect(try staging.names().isEmpty)
  }

  // MARK: What a run does

  @Test func theChildThatTellsOfTheEngineCompiles() throws {
    try write("a", "b")
    #expect(try run(request("a")).compiled == 1)
    #expect(fixture.processes.count == 1)
    // The engine is remembered now, and nobody has to be asked.
    #expect(try run(request("a", "b")).compiled == 1)
    #expect(fixture.processes.count == 2)
    #expect(try run(request("a", "b")).compiled == 0)
    #expect(fixture.processes.count == 2)
    try expectNothingLeft()
  }

  @Test func compilesWhatIsMissingAndNothingTwice() throws {
    try write("a", "b")
    try fixture.directory.write(WasmBinary.returning(97), to: "copy of a")
    let observer = RecordingObserver()
    let settings = [EngineSettings(backend: .winch), EngineSettings(backend: .cranelift)]
    let request = try request("a", "b", "copy of a", settings: settings)
    let first = try run(request, observer)
    #expect(lines(first).sorted() == ["a: compiled", "a: compiled", "b: compiled", "b: compiled"])
    #expect(first.compiled == 4 && first.failed == 0 && first.upToDate == 0)
    #expect(observer.said.first == "prepared winch and cranelift, 1")
    #expect(observer.said.dropFirst().first == "planned a b a b")
    for target in first.targets {
      let artifact = try [UInt8](
        contentsOf: try #require(target.directory).entryPath(.generate(WasmBinary.returning(97))))
      #expect(artifact.withUnsafeBytes(target.identity.accepts))
    }
    try expectNothingLeft()

    let before = fixture.processes.count
    let second = try run(request)
    #expect(second.plan.jobs.isEmpty && second.outcomes.isEmpty && second.upToDate == 4)
    #expect(second.targets.map(\.identity) == first.targets.map(\.identity))
    #expect(fixture.processes.count == before, "a run with nothing to do starts no child")
  }

  @Test func badFilesFailAlone() throws {
    try write("a", "b")
    try fixture.directory.write("text", to: "text.wasm")
    try fixture.directory.write(
      WasmBinary.invalid + WasmBinary.section(0, WasmBinary.name("padding, to be large")), to: "bad")
    let observer = RecordingObserver()
    let summary = try run(try request("a", "text.wasm", "missing", "bad", "b"), observer)
    #expect(summary.compiled == 2 && summary.failed == 1 && summary.notDone == 0)
    #expect(summary.notModules == 1 && summary.unreadable == 1)
    #expect(observer.said.contains("noticed missing"))
    #expect(
      observer.said.contains("rejected text.wasm: is not WebAssembly: it starts with 74 65 78 74, not with 00 61 73 6d")
    )
    #expect(
      lines(summary).first
        == "bad: is not valid: failed to compile: wasm[0]::function[0]: Compilation error: "
        + "type mismatch: expected i32 but nothing on stack (at offset 0x18)")
    try expectNothingLeft()
  }

  @Test func failFastBeginsNothingMore() throws {
    try write("a", "b")
    try fixture.directory.write(
      WasmBinary.invalid + WasmBinary.section(0, WasmBinary.name("padding, to be large")), to: "bad")
    var request = try request("a", "bad", "b")
    request.request.work.failFast = true
    let summary = try run(request)
    #expect(summary.failed == 1 && summary.notDone == 2 && summary.compiled == 0)
    #expect(lines(summary).dropFirst() == ["a: not done", "b: not done"])
    try expectNothingLeft()
  }

  @Test func forceCompilesAgain() throws {
    try write("a")
    var request = try request("a")
    _ = try run(request)
    request.request.work.force = true
    let summary = try run(request)
    #expect(lines(summary) == ["a: compiled"] && summary.plan.jobs.map(\.reason) == [.forced])
  }

  @Test func dryRunMakesNothing() throws {
    try write("a")
    var request = try request("a")
    request.request.purpose = .dryRun
    let summary = try run(request)
    #expect(summary.plan.jobs.map(\.reason) == [.newModule] && summary.outcomes.isEmpty && summary.isDryRun)
    #expect(throws: SystemError("stat", .noSuchFileOrDirectory)) { try Descriptor.status(of: cachePath) }
  }

  // MARK: Other processes

  @Test func runsAtTheSameTimeCompileEachModuleOnce() throws {
    let names = (0..<6).map { "\($0)" }
    for name in names { try write(name) }
    var request = try request()
    request.request.input.roots = names.map { fixture.directory($0) }
    let summaries = Mutex<[RunSummary]>([])
    Concurrently.run(3) { [request] _ in
      if let summary = try? run(request) { summaries.withLock { $0.append(summary) } }
    }
    let all = summaries.withLock { $0 }
    #expect(all.count == 3)
    #expect(all.map(\.compiled).reduce(0, +) == 6)
    #expect(all.map(\.failed) == [0, 0, 0])
    #expect(all.allSatisfy { $0.compiled + $0.upToDate == 6 })
    try expectNothingLeft()
  }

  /// The claim of another process on module `a`, made as it would make it.
  private final class OtherProcess: Sendable {
    let writer: EngineWriter
    /// One of the engine's: others are not found.
    private let artifact: [UInt8]
    private let claim: Mutex<Claim?>

    /// - Parameter model: a module that the cache has.
    init(_ identity: ArtifactIdentity, _ path: FilePath, model: WasmHash) throws {
      let cache = try CacheDirectory(making: path)
      let directory = EngineDirectory(identity, in: cache)
      artifact = try [UInt8](contentsOf: directory.entryPath(model))
      writer = try EngineWriter(directory, try Publisher(cache))
      claim = Mutex(try writer.tryClaim(Self.module))
    }

    static let module = WasmHash.generate(WasmBinary.returning(97))

    func publish() {
      #expect(throws: Never.self) {
        let result = artifact.withUnsafeBytes { bytes in
          Result { () throws(CacheError) in try writer.publish(bytes, for: Self.module) }
        }
        try result.get()
      }
    }

    func giveUp() { claim.withLock { $0 = nil } }
  }

  /// The module that ``identity()`` compiles.
  private static let model = WasmHash.generate(WasmBinary.returning(120))

  /// A run that found the engine and made the cache.
  private func identity() throws -> ArtifactIdentity {
    try write("x")
    return try #require(try run(try request("x")).targets.first?.identity)
  }

  @Test func moduleThatAnotherProcessCompilesIsLeftToIt() throws {
    try write("a", "b")
    let other = try OtherProcess(try identity(), cachePath, model: Self.model)
    let observer = RecordingObserver(onFinished: { outcome in
      guard outcome.job.name == "b" else { return }
      other.publish()
      other.giveUp()
    })
    let summary = try run(try request("a", "b"), observer)
    #expect(observer.said.filter { $0.hasPrefix("began") } == ["began b"])
    #expect(lines(summary) == ["b: compiled", "a: found meanwhile"])
    #expect(summary.compiled == 1 && summary.upToDate == 1)
  }

  @Test func moduleThatAnotherProcessPublishedMeanwhileIsNotCompiledAgain() throws {
    try write("a", "b")
    let other = try OtherProcess(try identity(), cachePath, model: Self.model)
    let observer = RecordingObserver(onPlanned: {
      other.publish()
      other.giveUp()
    })
    #expect(lines(try run(try request("a", "b"), observer)).sorted() == ["a: found meanwhile", "b: compiled"])
  }

  @Test func moduleThatAnotherProcessGaveUpIsCompiled() throws {
    try write("a", "b")
    let other = try OtherProcess(try identity(), cachePath, model: Self.model)
    let observer = RecordingObserver(onFinished: { outcome in
      if outcome.job.name == "b" { other.giveUp() }
    })
    #expect(lines(try run(try request("a", "b"), observer)) == ["b: compiled", "a: compiled"])
  }

  // MARK: Things that change

  /// Replaces `a` and removes `b`.
  private func changeFiles() {
    #expect(throws: Never.self) {
      try fixture.directory.write(WasmBinary.returning(1), to: "a")
      try Descriptor.open(fixture.directory.path, O_RDONLY).remove("b")
    }
  }

  @Test(arguments: [1, 2]) func whatWasHashedIsWhatIsCompiled(_ lanes: Int) throws {
    try write("a", "b", "c")
    let observer = RecordingObserver(onPlanned: { changeFiles() })
    let settings = [EngineSettings(backend: .winch), EngineSettings(backend: .cranelift)]
    var request = try request("a", "b", "c", settings: settings)
    request.request.work.lanes = lanes
    let summary = try run(request, observer)
    #expect(summary.compiled == 6 && summary.failed == 0)
    for directory in summary.targets.map(\.directory) {
      for value in [97, 98, 99] {
        let entry = try #require(directory).lookUp(.generate(WasmBinary.returning(value)))
        guard case .present = entry else {
          Issue.record("\(value): \(entry)")
          continue
        }
      }
    }
    try expectNothingLeft()
  }

  /// A file that is read again must be what it was.
  @Test func fileThatChangedSinceItWasHashedIsNotCompiledFromItsPath() throws {
    try write("a", "b", "c")
    let observer = RecordingObserver(onPlanned: { changeFiles() })
    var request = try request("a", "b", "c")
    request.request.limits.retained.bytes = WasmBinary.returning(97).count - 1
    let summary = try run(request, observer)
    #expect(
      lines(summary).sorted() == [
        "a: changed while it was being read: run again when its writer has finished", "b: vanished before it was read",
        "c: compiled",
      ])
    try expectNothingLeft()
  }

  @Test func noMoreModulesAreKeptThanThereIsRoomFor() throws {
    try write("a", "b")
    let directory = fixture.directory
    let observer = RecordingObserver(onPlanned: {
      for name in ["a", "b"] {
        #expect(throws: Never.self) { try directory.write(WasmBinary.returning(1), to: name) }
      }
    })
    var request = try request("a", "b")
    request.request.limits.retained.count = 1
    #expect(try run(request, observer).compiled == 1)
  }

  @Test func copyStandsInForAFileThatChanged() throws {
    try write("a")
    try fixture.directory.write(WasmBinary.returning(97), to: "copy of a")
    let directory = fixture.directory
    let observer = RecordingObserver(onPlanned: {
      #expect(throws: Never.self) { try directory.write(WasmBinary.returning(1), to: "a") }
    })
    var request = try request("a", "copy of a")
    request.request.limits.retained = .none
    #expect(lines(try run(request, observer)) == ["a: compiled"])
  }

  // MARK: Children that fail

  /// Lets a run find out about the engine, so that the next one's first child is the fixture's second.
  private func rememberTheEngine() throws {
    try write("z")
    _ = try run(request("z"))
    #expect(fixture.processes.count == 1)
  }

  @Test func childThatCrashesCostsOneModule() throws {
    try rememberTheEngine()
    try write("a", "b", "c")
    var request = try request("a", "b", "c")
    request.options.program = try fixture.program(
      """
      case $start in 2) echo 'out of luck' >&2; exit 3;; esac
      \(try ChildFixture.real)
      """)
    let summary = try run(request)
    #expect(
      lines(summary) == [
        "a: crashed the compiler, which exited with status 3: out of luck", "b: compiled", "c: compiled",
      ])
    #expect(fixture.processes.count == 3, "one of the run before, one that crashed, and one for the others")
    try expectNothingLeft()
  }

  /// Its artifacts would land under the wrong identity.
  @Test func childWithAnotherEngineIsNotUsed() throws {
    try rememberTheEngine()
    try write("a")
    var request = try request("a")
    try fixture.directory.write(
      ChildReply.prepared([.success(CompatibilityRecord(bytes: [1]))], ChildFixture.confined).encoded(), to: "reply")
    request.options.program = try fixture.program(
      """
      if [ $start = 2 ]; then
        dd bs=70000 count=1 of=request <&3 2> /dev/null
        { head -c \(QuestionNumber.size) request; cat reply; } > answer
        dd bs=70000 count=1 if=answer >&3 2> /dev/null
        exec sleep 1000
      fi
      \(try ChildFixture.real)
      """)
    #expect(
      lines(try run(request)) == [
        "a: was not compiled: the compiler's child process gave another account of its engine than before: "
          + "the library was replaced meanwhile, run again"
      ])
    try expectNothingLeft()
  }

  /// Only contents count: installing, backing up and scanning touch a library without changing it.
  @Test func aLibraryThatIsTouchedIsStillTheSame() throws {
    let copy = fixture.directory("copy.so")
    _ = try Tool.shell("cp \"$1\" \"$2\"", [EngineUnderTest.library().string, copy.string])
    let engine = try ChildFixture.engine(at: copy)
    let build = try engine.build()
    #expect(engine.hasSameContents(build))
    for change in ["ln $1 $1.link", "rm $1.link", "chmod 700 $1", "touch -a $1", "cp $1 $1.new; mv $1.new $1"] {
      _ = try Tool.shell(change.replacing("$1", with: "\"$1\""), [copy.string])
      #expect(engine.hasSameContents(build) && !engine.isUnchanged, "\(change)")
    }
    let other = try ChildFixture.engine(at: copy)
    _ = try Tool.shell("touch \"$1\"", [copy.string])
    #expect(!other.hasSameContents(build), "somebody wrote to it")
    _ = try Tool.shell("printf x >> \"$1\"", [copy.string])
    #expect(!other.hasSameContents(build))
  }

  @Test func cancelledRunEndsAtOnce() throws {
    try fixture.directory.write(WasmBinary.compileBomb, to: "bomb")
    try write("a")
    let observer = RecordingObserver(onBegan: { [fixture] _ in
      DispatchQueue(label: "killer").async {
        try? waitUntilBusy(fixture.processes[0])
        fixture.cancellation.cancel()
      }
    })
    let request = try request("bomb", "a", settings: [EngineSettings(backend: .cranelift)])
    #expect(lines(try run(request, observer)) == ["bomb: not done", "a: not done"])
    try expectNothingLeft()
  }

  // MARK: Runs that cannot be done

  private func failure(_ request: Run) -> PrecompileError? {
    do throws(PrecompileError) {
      _ = try run(request)
      return nil
    } catch {
      return error
    }
  }

  @Test func engineThatIsUnusableEndsTheRun() throws {
    try write("a")
    var request = try request("a")
    try fixture.directory.write("text", to: "text.so")
    request.engine = try ChildFixture.engine(at: fixture.directory("text.so"))
    guard case .compilerUnusable(.cannotLoad(_, let reason)) = failure(request) else {
      Issue.record("a text was loaded")
      return
    }
    #expect(reason == "file too short")
  }

  @Test func backendThatTheEngineLacksEndsTheRun() throws {
    try write("a")
    var request = try request("a", settings: [EngineSettings(backend: .cranelift), EngineSettings(backend: .winch)])
    request.engine = try ChildFixture.engine("36.0.0")
    guard case .backendUnavailable(let wish, _, let reason) = failure(request) else {
      Issue.record("cranelift passed for winch")
      return
    }
    #expect(wish == CompileWish(backend: .winch) && reason == .silentlyAnother(.cranelift))
  }

  @Test func cacheThatCannotBeUsedEndsTheRun() throws {
    try write("a", "cache")
    guard case .cache(let error) = failure(try request("a")) else {
      Issue.record("a file served as cache")
      return
    }
    #expect(error == .notADirectory(cachePath))
  }
}
