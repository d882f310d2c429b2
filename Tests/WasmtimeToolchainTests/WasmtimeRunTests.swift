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

/// What a run with a libwasmtime does, or why it cannot be done.
struct WasmtimeRunTests: WasmtimeRunSuite {
  let fixture: ChildFixture

  init() throws { fixture = try ChildFixture() }

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

  // MARK: Runs that cannot be done

  private func failure(_ request: WasmtimeRun) -> PrecompileError? {
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
