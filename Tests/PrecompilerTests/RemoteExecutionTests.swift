import LinuxIO
import PrecompilerTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Precompiler

/// Runs whose modules workers of another machine compile.
struct RemoteExecutionTests {
  private let stage: StagedRun

  init() throws { stage = try StagedRun() }

  private func toolchain(
    compiling: @escaping @Sendable (_ module: LoadedModule, _ threads: Int) throws(ModuleFailure) -> Void = { _, _ in }
  ) -> FakeToolchain { FakeToolchain("one", compiling: compiling, worksElsewhere: true) }

  /// - Parameter names: how many modules.
  private func request(
    _ names: Int, _ store: FakeRemoteStore, lanes: Int = 2, localLanes: Int? = 0
  ) throws -> PrecompileRequest {
    let names = (0..<names).map { "\($0)" }
    for name in names { try stage.write(name) }
    var request = stage.request(names, lanes: lanes)
    var use = RemoteUse(store, stores: true)
    use.executes = true
    use.localLanes = localLanes
    request.remote = use
    return request
  }

  private func trouble(_ observer: RecordingObserver) -> [String] {
    observer.said.filter { $0.hasPrefix("remote ") }.map { $0.replacing("\(stage.directory.path)/", with: "") }
  }

  private func module(_ number: Int) -> WasmHash { .generate(StagedRun.contents("\(number)")) }

  // MARK: What workers make

  @Test func whatIsMissingIsCompiledByWorkers() throws {
    let (store, local) = (FakeRemoteStore(), toolchain())
    let observer = RecordingObserver()
    let summary = try stage.run(request(9, store), local, observer: observer)
    #expect(summary.compiledRemotely == 9 && summary.compiled == 0 && !summary.hasFailures && summary.notDone == 0)
    #expect(local.compilations.isEmpty && local.sessions == 0 && store.executed.count == 9)
    #expect(Set(observer.finished) == Set((0..<9).map { "\($0): compiled remotely" }))
    for number in 0..<9 {
      let artifact = try stage.artifact(summary.targets[0], module(number))
      #expect(artifact == FakeToolchain.artifact(of: module(number), local.wishes[0]))
    }
    // It is filed where others look.
    #expect(summary.remote?.stored == 9 && Set(store.stored) == Set(store.asked))
    try stage.expectNothingLeft()

    var again = try request(9, store)
    again.caches.path = stage.directory("other")
    #expect(try stage.run(again, local).fetched == 9)
    #expect(store.executed.count == 9)
  }

  @Test func manyAreAwayAtATime() throws {
    let (away, most) = (Counter(), 6)
    let store = FakeRemoteStore(executing: { work in
      away.add()
      // Each waits until all of them are there, though there is one lane here.
      _ = waitUntil { away.value >= most }
      return FakeRemoteStore.make(work)
    })
    var request = try request(most, store, lanes: 1)
    request.remote?.mostExecuting = most
    #expect(try stage.run(request, toolchain()).compiledRemotely == most)
    #expect(away.value == most)
  }

  @Test func noMoreAreAwayThanAllowed() throws {
    let away = Mutex((now: 0, most: 0))
    let store = FakeRemoteStore(executing: { work in
      away.withLock { $0 = ($0.now + 1, max($0.most, $0.now + 1)) }
      defer { away.withLock { $0.now -= 1 } }
      return FakeRemoteStore.make(work)
    })
    var request = try request(12, store)
    request.remote?.mostExecuting = 2
    #expect(try stage.run(request, toolchain()).compiledRemotely == 12)
    #expect((1...2).contains(away.withLock { $0.most }))
  }

  @Test func lanesHereHelp() throws {
    let isHelped = Atomic(false)
    let local = toolchain { _, _ in isHelped.store(true, ordering: .releasing) }
    let store = FakeRemoteStore(executing: { work in
      _ = waitUntil { isHelped.load(ordering: .acquiring) }
      return FakeRemoteStore.make(work)
    })
    var request = try request(8, store, localLanes: nil)
    request.remote?.mostExecuting = 1
    let summary = try stage.run(request, local)
    #expect(summary.compiled >= 1 && summary.compiledRemotely >= 1)
    #expect(summary.compiled + summary.compiledRemotely == 8 && local.compilations.count == summary.compiled)
  }

  @Test func countsAreRemembered() throws {
    let summary = try stage.run(request(3, FakeRemoteStore()), toolchain())
    #expect(summary.compiledRemotely == 3)
    let cache = try CacheDirectory(making: stage.cachePath)
    let tally = try #require(Catalog.open(in: cache.base, .readOnly).catalog).tally()
    #expect(tally.compiledRemotely == 3 && tally.misses[.newModule] == 3 && tally.compileNanoseconds == 0)
  }

  // MARK: The module's fault

  @Test func aRefusalIsLeftToThisMachinesCompiler() throws {
    let store = FakeRemoteStore(executing: { _ in .refused(words: "first words\nit is wrong\n") })
    let observer = RecordingObserver()
    let local = toolchain { _, _ throws(ModuleFailure) in throw .invalid(message: "it is wrong, says this machine") }
    let summary = try stage.run(request(2, store), local, observer: observer)
    #expect(summary.failed == 2 && local.compilations.count == 2 && summary.remote?.errors == 0)
    #expect(
      Set(observer.finished)
        == ["0: is not valid: it is wrong, says this machine", "1: is not valid: it is wrong, says this machine"])
    #expect(trouble(observer).isEmpty)
    let notes = observer.said.map { $0.replacing("\(stage.directory.path)/", with: "") }
    #expect(notes.contains { $0.contains("fake://store: its worker refuses 0 (it is wrong): it is compiled here") })
    try stage.expectNothingLeft()
  }

  @Test func aWorkerThatLiesFailsNoBuild() throws {
    let store = FakeRemoteStore(executing: { _ in .refused(words: "") })
    let (observer, local) = (RecordingObserver(), toolchain())
    let summary = try stage.run(request(9, store), local, observer: observer)
    #expect(summary.compiled == 9 && !summary.hasFailures && summary.remote?.errors == 9)
    let told = trouble(observer)
    let reason = "remote fake://store: its worker refuses a module that this machine's compiler takes: "
    #expect(told.count == 1 && told[0].hasPrefix(reason) && told[0].hasSuffix(" is compiled instead"))
    try stage.expectNothingLeft()
  }

  // MARK: The workers' fault

  @Test func aWorkersFailureIsNotTheModules() throws {
    let store = FakeRemoteStore(executing: { _ in .failed(RemoteFailure("its worker was lost", isOfStore: false)) })
    let (observer, local) = (RecordingObserver(), toolchain())
    let summary = try stage.run(request(3, store), local, observer: observer)
    #expect(summary.compiled == 3 && !summary.hasFailures && summary.remote?.errors == 3)
    let told = trouble(observer)
    #expect(told.count == 1 && told[0].hasPrefix("remote fake://store: its worker was lost: "))
    #expect(told[0].hasSuffix(" is compiled instead"))
    try stage.expectNothingLeft()
  }

  @Test func workersThatOnlyFailAreLeftAlone() throws {
    let store = FakeRemoteStore(executing: { _ in .failed(RemoteFailure("its worker was lost", isOfStore: false)) })
    var request = try request(12, store)
    request.remote?.mostExecuting = 1
    let observer = RecordingObserver()
    let summary = try stage.run(request, toolchain(), observer: observer)
    #expect(summary.compiled == 12 && store.executed.count == 5)
    #expect(
      trouble(observer).last
        == "remote fake://store: its workers have failed 5 times one after the other: its worker was lost; everything is "
        + "compiled here")
  }

  @Test func aServerWithoutWorkersIsToldOnce() throws {
    let store = FakeRemoteStore(executing: { _ in .idle(reason: "it executes nothing") })
    let observer = RecordingObserver()
    let summary = try stage.run(request(6, store), toolchain(), observer: observer)
    #expect(summary.compiled == 6 && summary.remote?.errors == 0)
    #expect(trouble(observer) == ["remote fake://store: it executes nothing; everything is compiled here"])
  }

  @Test func aServerThatIsGoneIsToldOnce() throws {
    let store = FakeRemoteStore(executing: { _ in .failed(RemoteFailure("nobody answers", isOfStore: true)) })
    let observer = RecordingObserver()
    let summary = try stage.run(request(6, store), toolchain(), observer: observer)
    #expect(summary.compiled == 6 && summary.remote?.errors == 1)
    #expect(trouble(observer) == ["remote fake://store: nobody answers; what is missing is compiled here"])
  }

  @Test(
    arguments: [
      ("other bytes", nil, "what its worker has made is no artifact of the engine"),
      ("", nil, "what its worker has made is no artifact of the engine"),
      ("fake bytes", [UInt8](repeating: 7, count: 32), "its artifact does not have the digest that it is said to have"),
    ] as [(String, [UInt8]?, String)])
  func whatIsNoArtifactIsCompiledHere(_ bytes: String, _ digest: [UInt8]?, _ reason: String) throws {
    let store = FakeRemoteStore(executing: { _ in
      .made(FakeRemoteStore.artifact(Array(bytes.utf8), digest: digest))
    })
    let (observer, local) = (RecordingObserver(), toolchain())
    let summary = try stage.run(request(1, store), local, observer: observer)
    #expect(summary.compiled == 1 && summary.compiledRemotely == 0 && summary.remote?.errors == 1)
    #expect(trouble(observer) == ["remote fake://store: \(reason): 0 is compiled instead"])
    let artifact = try stage.artifact(summary.targets[0], module(0))
    #expect(artifact == FakeToolchain.artifact(of: module(0), local.wishes[0]))
    try stage.expectNothingLeft()
  }

  // MARK: What is not given away

  @Test(arguments: [0, nil]) func aCompilerThatIsNotGivenAwayCompilesHere(_ localLanes: Int?) throws {
    let (store, observer) = (FakeRemoteStore(), RecordingObserver())
    let summary = try stage.run(request(3, store, localLanes: localLanes), FakeToolchain("one"), observer: observer)
    #expect(summary.compiled == 3 && store.executed.isEmpty)
    #expect(observer.said.count { $0.contains("fake 1 compiles here: it is not given to other machines") } == 1)
  }

  @Test func whatIsForcedIsCompiledHere() throws {
    let store = FakeRemoteStore()
    _ = try stage.run(request(2, store), toolchain())
    var forced = try request(2, store)
    forced.work.force = true
    #expect(try stage.run(forced, toolchain()).compiled == 2)
    #expect(store.executed.count == 2)
  }

  @Test func whatAnotherProcessCompilesIsAwaited() throws {
    let (store, local) = (FakeRemoteStore(), toolchain())
    let request = try request(2, store)
    let process = try stage.claim(module(0), local.identity())
    let observer = RecordingObserver(onFinished: { _ in process.publish() })
    let summary = try stage.run(request, local, observer: observer)
    #expect(summary.compiledRemotely == 1 && summary.upToDate == 1 && summary.compiled == 0)
    #expect(store.executed == [module(1)])
  }

  @Test func aRunThatIsStoppedWaitsForNoWorker() throws {
    let isAway = Atomic(false)
    let stage = stage
    let store = FakeRemoteStore(executing: { _ in
      isAway.store(true, ordering: .releasing)
      _ = waitUntil { stage.cancellation.isCancelled }
      return .failed(RemoteFailure("its helper was ended", isOfStore: true))
    })
    let running = stage.begin(try request(3, store), [toolchain()])
    #expect(waitUntil { isAway.load(ordering: .acquiring) })
    stage.cancellation.cancel()
    let summary = try running.wait()
    #expect(summary.notDone == 3 && summary.compiled == 0)
    try stage.expectNothingLeft()
  }
}
