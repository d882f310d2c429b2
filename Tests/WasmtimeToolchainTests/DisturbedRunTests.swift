import Dispatch
import Glibc
import LinuxIO
import PrecompilerTestSupport
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Precompiler
@testable import WasmEngine
@testable import WasmtimeToolchain

/// Runs whose modules, engine and children change or fail meanwhile.
struct DisturbedRunTests: WasmtimeRunSuite {
  let fixture: ChildFixture

  init() throws { fixture = try ChildFixture() }

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
    request.request.limits.retained.bytes = RetainedModules.cost(ofSize: WasmBinary.returning(97).count)
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
}
