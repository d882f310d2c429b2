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

  @Test func aCompilerThatUsesAllCoresHasThemForItself() throws {
    let toolchain = FakeToolchain("one", cores: .all, compiling: { _, _ in usleep(1000) })
    #expect(try stage.run(request(names(6), lanes: 3, processors: 4), toolchain).compiled == 6)
    #expect(toolchain.mostRunning == 1)
    #expect(toolchain.threads.allSatisfy { $0 == 4 })
  }

  /// As on a machine with so many processors.
  private func request(_ names: [String], lanes: Int, processors: Int) -> PrecompileRequest {
    var request = stage.request(names, lanes: lanes)
    request.work.processors = processors
    return request
  }

  @Test func aCompilerOfManyCoresGetsThemWhereJobsAreFewer() throws {
    let names = try names(5)
    let alone = FakeToolchain("one", cores: .onRequest)
    _ = try stage.run(request(["0"], lanes: 4, processors: 8), alone)
    #expect(alone.threads == [4], "no more than the user allows")
    let single = FakeToolchain("two")
    _ = try stage.run(request(["0"], lanes: 4, processors: 4), single)
    #expect(single.threads == [1], "it cannot use more")
    let many = FakeToolchain("three", cores: .onRequest)
    _ = try stage.run(request(names, lanes: 1, processors: 4), many)
    #expect(many.threads == [1, 1, 1, 1, 1], "there is one lane")
  }

  @Test func moreLanesThanProcessorsAreNoReasonForMoreThreads() throws {
    let few = FakeToolchain("one", cores: .onRequest)
    _ = try stage.run(request(names(12), lanes: 64, processors: 2), few)
    #expect(few.threads.allSatisfy { $0 <= 2 } && few.threads.count { $0 == 2 } <= 1, "\(few.threads)")
    let alone = FakeToolchain("two", cores: .onRequest)
    _ = try stage.run(request(["0"], lanes: 1024, processors: 3), alone)
    #expect(alone.threads == [3])
  }

  @Test func oneThreadIsEnoughWhereNoMoreAreGranted() throws {
    let toolchain = FakeToolchain(
      "one", cores: .onRequest,
      compiling: { _, threads throws(ModuleFailure) in
        if threads == 1 { return }
        throw .compilerCrashed(
          how: "was ended by signal 6 (aborted)",
          output: "called `Result::unwrap()` on an `Err` value: ThreadPoolBuildError { kind: IOError(Os { code: 11 }) }"
        )
      })
    let summary = try stage.run(request(names(1), lanes: 4, processors: 4), toolchain)
    #expect(summary.compiled == 1 && summary.failed == 0)
    #expect(toolchain.threads == [4, 1] && toolchain.sessions == 2)
    try stage.expectNothingLeft()
  }

  /// As in a watcher: the compiler that waits was started for many modules.
  @Test func aLargeModuleGetsACompilerWithMoreThreads() throws {
    try stage.write("large", padding: 1 << 20)
    try stage.write("small")
    let toolchain = FakeToolchain("one", "two", cores: .onRequest, mostThreads: 1)
    #expect(try stage.run(request(["small"], lanes: 4, processors: 4), toolchain).compiled == 2)
    let before = toolchain.sessions
    #expect(try stage.run(request(["large"], lanes: 1, processors: 4), toolchain).compiled == 2)
    #expect(toolchain.sessions == before + 1, "one lane is one thread")
  }

  // MARK: Origins

  /// Makes modules in the directories `a` and `b`.
  private func write(_ names: String...) throws {
    for name in ["a", "b"] { try stage.directory.makeDirectory(name) }
    for name in names { try stage.write(name + ".wasm") }
  }

  @Test func modulesOfEachDirectoryHaveACompilerOfTheirOwn() throws {
    try write("a/1", "a/2", "b/1", "b/2", "c")
    let toolchain = FakeToolchain("one")
    let roots = ["a", "b", "c.wasm"]
    #expect(try stage.run(stage.request(roots), toolchain).compiled == 5)
    let owner = geteuid()
    #expect(
      Set(toolchain.origins) == [
        ModuleOrigin(owner: owner, directory: stage.directory("a")),
        ModuleOrigin(owner: owner, directory: stage.directory("b")), ModuleOrigin(owner: owner),
      ])
    #expect(toolchain.ended == toolchain.sessions)
  }

  @Test(.needs(geteuid() == 0, "root, to give files away")) func modulesOfEachOwnerHaveACompilerOfTheirOwn() throws {
    try write("a/1", "a/2", "a/3")
    let foreign = stage.directory("a/2.wasm")
    #expect(foreign.withPlatformString { chown($0, 12345, 0) } == 0)
    let toolchain = FakeToolchain("one")
    #expect(try stage.run(stage.request(["a"]), toolchain).compiled == 3)
    #expect(toolchain.origins.contains(ModuleOrigin(owner: 12345, directory: stage.directory("a"))))
    #expect(toolchain.origins.contains(ModuleOrigin(owner: 0, directory: stage.directory("a"))))
  }

  @Test func howFarCompilersAreSharedIsTheUsersChoice() throws {
    try write("a/1", "a/2", "b/1")
    for (isolation, sessions) in [(Isolation.run, 1), (.origin, 2), (.module, 3)] {
      let toolchain = FakeToolchain("\(isolation.rawValue)")
      var request = stage.request(["a", "b"])
      request.work.isolation = isolation
      #expect(try stage.run(request, toolchain).compiled == 3)
      #expect(toolchain.sessions == sessions && toolchain.ended == sessions, "\(isolation)")
    }
  }

  /// A watcher's runs are of files, which belong to the directories that are watched.
  @Test func filesOfAWatchedDirectoryAreOfThatDirectory() throws {
    try write("a/1", "b/1")
    let toolchain = FakeToolchain("one")
    var request = stage.request(["a/1.wasm", "b/1.wasm"])
    request.input.rememberedUnder = [stage.directory("a"), stage.directory("b")]
    #expect(try stage.run(request, toolchain).compiled == 2)
    #expect(Set(toolchain.origins.map(\.isOfOneModule)) == [false] && toolchain.sessions == 2)
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
