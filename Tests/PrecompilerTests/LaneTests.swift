import Glibc
import LinuxIO
import PrecompilerTestSupport
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Precompiler

/// What lanes do with jobs and with compilers, whatever the compiler is.
struct LaneTests {
  private let stage: StagedRun

  init() throws { stage = try StagedRun() }

  private func names(_ count: Int) throws -> [String] {
    let names = (0..<count).map { "\($0)" }
    for name in names { try stage.write(name) }
    return names
  }

  // MARK: Jobs

  @Test(arguments: [1, 3, 16]) func eachJobIsDoneOnce(_ lanes: Int) throws {
    let toolchain = FakeToolchain("one", "two")
    let summary = try stage.run(stage.request(names(12), lanes: lanes), toolchain)
    #expect(summary.compiled == 24 && summary.outcomes.count == 24 && summary.notDone == 0)
    #expect(toolchain.compilations.count == 24 && Set(toolchain.compilations).count == 12)
    #expect(toolchain.sessions <= lanes && toolchain.ended == toolchain.sessions)
    #expect(toolchain.mostRunning <= lanes)
    #expect(toolchain.threads.allSatisfy { $0 == 1 })
    try stage.expectNothingLeft()
  }

  @Test func targetsOneAfterTheOtherAndTheLargestModulesFirst() throws {
    for (name, padding) in [("a", 10), ("b", 300), ("c", 200), ("d", 10)] { try stage.write(name, padding: padding) }
    let observer = RecordingObserver()
    _ = try stage.run(stage.request(["a", "b", "c", "d"]), FakeToolchain("one", "two"), observer: observer)
    #expect(observer.began == ["b", "c", "a", "d", "b", "c", "a", "d"])
  }

  @Test func noMoreLanesWorkThanThereAreJobs() throws {
    let toolchain = FakeToolchain("one")
    #expect(try stage.run(stage.request(names(2), lanes: 16), toolchain).compiled == 2)
    #expect(toolchain.sessions <= 2)
  }

  @Test func lanesWorkAtTheSameTime() throws {
    let inside = Counter()
    // Each waits for the others, so that one lane after the other would never end.
    let toolchain = FakeToolchain(
      "one",
      compiling: { _, _ in
        inside.add()
        _ = waitUntil { inside.value >= 3 }
      })
    #expect(try stage.run(stage.request(names(3), lanes: 3), toolchain).compiled == 3)
    #expect(toolchain.mostRunning == 3)
  }

  // MARK: Threads

  @Test func aCompilerOfManyCoresGetsThemWhereJobsAreFewer() throws {
    let names = try names(5)
    let alone = FakeToolchain("one", cores: .onRequest)
    _ = try stage.run(stage.request(["0"], lanes: 4), alone)
    #expect(alone.threads == [4])
    let single = FakeToolchain("two")
    _ = try stage.run(stage.request(["0"], lanes: 4), single)
    #expect(single.threads == [1], "it cannot use more")
    let many = FakeToolchain("three", cores: .onRequest)
    _ = try stage.run(stage.request(names, lanes: 1), many)
    #expect(many.threads == [1, 1, 1, 1, 1], "there is one lane")
  }

  // MARK: Compilers that fail

  @Test func aRefusalLeavesTheSession() throws {
    let refused = try stage.write("b")
    let toolchain = FakeToolchain(
      "one",
      compiling: { module, _ throws(ModuleFailure) in
        if module.facts.hash == refused { throw .invalid(message: "bad") }
      })
    try stage.write("a")
    try stage.write("c")
    let observer = RecordingObserver()
    let summary = try stage.run(stage.request(["a", "b", "c"]), toolchain, observer: observer)
    #expect(observer.said.contains("finished b: is not valid: bad"))
    #expect(summary.compiled == 2 && summary.failed == 1)
    #expect(toolchain.sessions == 1)
  }

  @Test func aCrashCostsOneModuleAndTheSession() throws {
    let crashing = try stage.write("b")
    let toolchain = FakeToolchain(
      "one",
      compiling: { module, _ throws(ModuleFailure) in
        if module.facts.hash == crashing { throw .compilerCrashed(how: "exited with status 3", output: nil) }
      })
    try stage.write("a")
    try stage.write("c")
    let observer = RecordingObserver()
    let summary = try stage.run(stage.request(["a", "b", "c"]), toolchain, observer: observer)
    #expect(observer.said.contains("finished b: crashed the compiler, which exited with status 3"))
    #expect(summary.compiled == 2 && summary.failed == 1)
    #expect(toolchain.sessions == 2 && toolchain.ended == 2)
    try stage.expectNothingLeft()
  }

  @Test func anArtifactOfAnotherCompilerIsRefused() throws {
    let foreign = try stage.write("b")
    let toolchain = FakeToolchain(
      "one",
      making: { module, wish in
        module == foreign ? "something else" : FakeToolchain.artifact(of: module, wish)
      })
    try stage.write("a")
    try stage.write("c")
    let observer = RecordingObserver()
    let summary = try stage.run(stage.request(["a", "b", "c"]), toolchain, observer: observer)
    #expect(
      observer.said.contains(
        "finished b: was not compiled: the compiler's child process gave an artifact that is not its engine's"))
    #expect(summary.compiled == 2 && summary.failed == 1)
    #expect(toolchain.sessions == 2, "who gives one wrong answer is asked no more")
    #expect(summary.targets[0].directory?.artifactDigest(foreign) == nil)
    try stage.expectNothingLeft()
  }

  /// As where the system grants no more processes.
  @Test func fewerLanesDoTheWorkWhereNoMoreCompilersCanBeStarted() throws {
    let toolchain = FakeToolchain(
      "one",
      opening: { session throws(ModuleFailure) in
        if session > 1 { throw .compilerNotStarted(reason: "no more processes") }
      },
      // So that the others try meanwhile.
      compiling: { _, _ in usleep(20_000) })
    let summary = try stage.run(stage.request(names(8), lanes: 4), toolchain)
    #expect(summary.compiled == 8 && summary.failed == 0 && summary.notDone == 0)
    #expect(toolchain.mostRunning == 1)
    try stage.expectNothingLeft()
  }

  @Test func whereNoCompilerCanBeStartedEachModuleFails() throws {
    let toolchain = FakeToolchain(
      "one", opening: { _ throws(ModuleFailure) in throw .compilerNotStarted(reason: "no more processes") })
    let summary = try stage.run(stage.request(names(6), lanes: 3), toolchain)
    #expect(summary.failed == 6 && summary.outcomes.count == 6)
    let failures = summary.outcomes.map(\.line)
    #expect(
      failures.allSatisfy { $0.hasSuffix("the compiler's child process could not be started: no more processes") })
  }

  /// A module that one lane could not compile is still what was hashed when another does.
  @Test func aModuleThatGoesToAnotherLaneIsCompiledAsItWasHashed() throws {
    let names = try names(4)
    let toolchain = FakeToolchain(
      "one",
      opening: { session throws(ModuleFailure) in
        if session > 1 { throw .compilerNotStarted(reason: "no more processes") }
      },
      compiling: { _, _ in usleep(20_000) })
    let directory = stage.directory
    let observer = RecordingObserver(onPlanned: {
      for name in names { #expect(throws: Never.self) { try directory.write("changed", to: name) } }
    })
    let summary = try stage.run(stage.request(names, lanes: 3), [toolchain], observer: observer)
    #expect(summary.compiled == 4, "\(observer.finished)")
  }

  @Test func withoutConfinementNothingIsCompiled() throws {
    let toolchain = FakeToolchain(
      "one", opening: { _ throws(ModuleFailure) in throw .unconfined(missing: ["seccomp"]) })
    let request = try stage.request(names(3), lanes: 2)
    do {
      _ = try stage.run(request, toolchain)
      Issue.record("it ran")
    } catch PrecompileError.compilerUnusable(let reason) {
      #expect(reason == .unconfined(missing: ["seccomp"]))
    }
    #expect(toolchain.finishes == 1 && toolchain.compilations.isEmpty)
    try stage.expectNothingLeft()
  }
}
