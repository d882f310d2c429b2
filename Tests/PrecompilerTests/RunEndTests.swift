import Glibc
import LinuxIO
import PrecompilerTestSupport
import SystemPackage
import TestSupport
import Testing
import WasmCache
import WasmEngine

@testable import Precompiler

/// How runs end that do not do everything.
struct RunEndTests {
  private let stage: StagedRun

  init() throws {
    stage = try StagedRun()
    for name in ["a", "b", "c"] { try stage.write(name) }
  }

  private func failure(_ toolchains: FakeToolchain...) throws -> PrecompileError? {
    do {
      _ = try stage.run(stage.request(["a", "b", "c"]), toolchains, observer: RecordingObserver())
      return nil
    } catch let error as PrecompileError {
      return error
    }
  }

  @Test func aFailureEndsAFastRun() throws {
    let toolchain = FakeToolchain(
      "one", compiling: { _, _ throws(ModuleFailure) in throw .invalid(message: "bad") })
    var request = stage.request(["a", "b", "c"])
    request.work.failFast = true
    let summary = try stage.run(request, toolchain)
    #expect(summary.failed == 1 && summary.notDone == 2 && summary.outcomes.count == 3)
    #expect(toolchain.compilations.count == 1 && toolchain.finishes == 1 && toolchain.ended == 1)
    try stage.expectNothingLeft()
  }

  @Test func aFileThatIsNoModuleEndsAFastRun() throws {
    try stage.directory.write("text", to: "d")
    let toolchain = FakeToolchain("one")
    var request = stage.request(["a", "b", "c", "d"])
    request.work.failFast = true
    let summary = try stage.run(request, toolchain)
    #expect(summary.notModules == 1 && summary.notDone == 3 && toolchain.compilations.isEmpty)
  }

  @Test func cancellingLeavesTheRestUndone() throws {
    let cancellation = stage.cancellation
    let toolchain = FakeToolchain("one", keepsSessions: true, compiling: { _, _ in cancellation.cancel() })
    let summary = try stage.run(stage.request(["a", "b", "c"]), toolchain)
    #expect(summary.compiled == 1 && summary.notDone == 2 && summary.outcomes.count == 3)
    #expect(toolchain.idle == 0 && toolchain.ended == 1, "nothing is kept for later")
    #expect(toolchain.finishes == 1)
    try stage.expectNothingLeft()
  }

  @Test func whatFailsBecauseOfThatIsNoFailure() throws {
    let cancellation = stage.cancellation
    let toolchain = FakeToolchain(
      "one",
      compiling: { _, _ throws(ModuleFailure) in
        cancellation.cancel()
        throw .compilerCrashed(how: "was killed", output: nil)
      })
    let summary = try stage.run(stage.request(["a", "b", "c"]), toolchain)
    #expect(summary.failed == 0 && summary.notDone == 3)
  }

  @Test func aCompilerThatCannotBeUsedEndsTheRun() throws {
    let location = EngineLocation(path: "/fake/one", origin: .option)
    let toolchain = FakeToolchain(
      "one", resolving: { () throws(CompilerUnusable) in throw .noBackend(location) })
    guard case .compilerUnusable(.noBackend(location)) = try failure(toolchain) else {
      Issue.record("it was used")
      return
    }
    #expect(toolchain.resolutions == 1 && toolchain.sessions == 0 && toolchain.finishes == 1)
    try stage.expectNothingLeft()
  }

  @Test func aBackendThatIsMissingEndsTheRun() throws {
    let toolchain = FakeToolchain("one", "two", missing: ["two"])
    guard case .backendUnavailable(let backend, let location, let reason) = try failure(toolchain) else {
      Issue.record("it was there")
      return
    }
    #expect(backend.description == "two" && location == toolchain.location && reason == .refused("it is a fake"))
    #expect(toolchain.sessions == 0 && toolchain.finishes == 1)
    try stage.expectNothingLeft()
  }

  /// Whatever one of several compilers says, none is asked any more when the run is over.
  @Test func eachCompilerHasAnsweredWhenTheRunEnds() throws {
    let location = EngineLocation(path: "/fake/one", origin: .option)
    let first = FakeToolchain("one", resolving: { () throws(CompilerUnusable) in throw .noBackend(location) })
    let second = FakeToolchain("two", resolving: { () throws(CompilerUnusable) in usleep(200_000) })
    #expect(try failure(first, second) != nil)
    #expect(first.finishes == 1 && second.finishes == 1)
    #expect(!second.finishedTooEarly)
  }

  @Test func eachCompilerIsLetGoOfOnceARun() throws {
    let toolchains = [FakeToolchain("one", keepsSessions: true), FakeToolchain("two", "three", build: 2)]
    for run in 1...2 {
      _ = try stage.run(stage.request(["a", "b", "c"]), toolchains, observer: RecordingObserver())
      #expect(toolchains.map(\.finishes) == [run, run])
    }
    #expect(toolchains[0].idle == 1 && toolchains[0].sessions == 1)
  }
}
