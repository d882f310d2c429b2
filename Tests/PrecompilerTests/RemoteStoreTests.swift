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

/// Runs that fetch from, and store in, a cache on another machine.
struct RemoteStoreTests {
  private let stage: StagedRun
  private let toolchain = FakeToolchain("one")

  init() throws { stage = try StagedRun() }

  private func names(_ count: Int) throws -> [String] {
    let names = (0..<count).map { "\($0)" }
    for name in names { try stage.write(name) }
    return names
  }

  private func request(
    _ names: [String], _ store: FakeRemoteStore, stores: Bool = true, lanes: Int = 2, cache: String = "cache"
  ) -> PrecompileRequest {
    var request = stage.request(names, lanes: lanes)
    request.caches.path = stage.directory(cache)
    request.remote = RemoteUse(store, stores: stores)
    return request
  }

  private func trouble(_ observer: RecordingObserver) -> [String] {
    observer.said.filter { $0.hasPrefix("remote ") }.map { $0.replacing("\(stage.directory.path)/", with: "") }
  }

  /// Opens once, for any number of threads.
  private final class Gate: Sendable {
    private let isOpen = Atomic(false)
    func open() { isOpen.store(true, ordering: .releasing) }
    func wait() { _ = waitUntil { isOpen.load(ordering: .acquiring) } }
  }

  // MARK: Two machines

  @Test func theSecondMachineCompilesNothing() throws {
    let store = FakeRemoteStore()
    let names = try names(9)
    let first = try stage.run(request(names, store, cache: "here"), toolchain)
    #expect(first.compiled == 9 && first.fetched == 0 && first.remote?.stored == 9 && first.remote?.errors == 0)
    #expect(store.asked.count == 9 && Set(store.stored) == Set(store.asked))

    let other = FakeToolchain("one")
    let observer = RecordingObserver()
    let second = try stage.run(request(names, store, cache: "there"), other, observer: observer)
    #expect(second.compiled == 0 && second.fetched == 9 && second.failed == 0 && second.notDone == 0)
    #expect(other.compilations.isEmpty && other.sessions == 0 && store.stored.count == 9)
    #expect(Set(observer.finished) == Set(names.map { "\($0): fetched" }))
    for name in names {
      let module = WasmHash.generate(StagedRun.contents(name))
      #expect(try stage.artifact(second.targets[0], module) == stage.artifact(first.targets[0], module))
      #expect(second.targets[0].directory?.cache.path == stage.directory("there"))
    }

    // The third run has everything.
    let third = try stage.run(request(names, store, cache: "there"), other)
    #expect(third.upToDate == 9 && third.plan.jobs.isEmpty && store.asked.count == 18)
  }

  @Test func namesSayWhatIsInThem() throws {
    let store = FakeRemoteStore()
    _ = try stage.run(request(names(1), store), toolchain)
    let identity = toolchain.identity()
    let module = WasmHash.generate(StagedRun.contents("0"))
    #expect(store.asked == ["one-1-\(identity.digest.map { Hex.of($0) }.joined())/\(module).fake"])
  }

  @Test func countsAreRemembered() throws {
    let store = FakeRemoteStore()
    let names = try names(3)
    _ = try stage.run(request(names, store, cache: "here"), toolchain)
    store.artifacts.removeValue(forKey: store.asked[0])
    _ = try stage.run(request(names, store, cache: "there"), toolchain)
    func tally(_ cache: String) throws -> Tally {
      let cache = try CacheDirectory(making: stage.directory(cache))
      return try #require(Catalog.open(in: cache.base, .readOnly).catalog).tally()
    }
    let (here, there) = (try tally("here"), try tally("there"))
    #expect(here.fetched == 0 && here.stored == 3 && here.misses[.newModule] == 3 && here.remoteErrors == 0)
    #expect(there.fetched == 2 && there.stored == 1 && there.misses[.newModule] == 1 && there.hits == 0)
  }

  // MARK: Lanes meanwhile

  @Test func whatIsMissingIsCompiledWhileOthersAreAwaited() throws {
    let hasBegun = Gate()
    // The second answer comes only when the first module is being compiled.
    let store = FakeRemoteStore(before: { if $0 == 1 { hasBegun.wait() } })
    let observer = RecordingObserver(onBegan: { _ in hasBegun.open() })
    let summary = try stage.run(request(names(4), store, lanes: 1), toolchain, observer: observer)
    #expect(summary.compiled == 4)
    #expect(observer.began == ["0", "1", "2", "3"])
  }

  @Test func whatIsAwaitedIsGivenToNoLane() throws {
    let names = try names(4)
    let other = FakeRemoteStore()
    _ = try stage.run(request(names, other, cache: "other"), toolchain)
    let compiled = Counter()
    let counting = FakeToolchain("one", compiling: { _, _ in compiled.add() })
    let late = FakeRemoteStore(
      answering: { name, has in
        if has != nil { _ = waitUntil { compiled.value == 3 } }
        return FakeRemoteStore.answer(name, has)
      })
    // What it has is told when all others are compiled.
    late.artifacts = [other.asked[3]: try #require(other.artifacts[other.asked[3]])]
    let summary = try stage.run(request(names, late, cache: "here"), counting)
    #expect(summary.compiled == 3 && summary.fetched == 1 && compiled.value == 3)
  }

  @Test func noJobSlotIsHeldWhileAnswersAreAwaited() throws {
    let pipe = try Pipe()
    try pipe.writing.write(all: "++")
    let (reading, writing) = (pipe.reading.raw, pipe.writing.raw)
    let free: @Sendable () -> Int = {
      var count: Int32 = 0
      return ioctl(reading, UInt(FIONREAD), &count) == 0 ? Int(count) : -1
    }
    let seen = Mutex<[Bool]>([])
    // Lanes take a slot to look for a job, and give it back when there is none yet.
    let store = FakeRemoteStore(
      before: { _ in
        let areFree = waitUntil { free() == 2 }
        seen.withLock { $0.append(areFree) }
      }, answering: { _, _ in .found(FakeRemoteStore.artifact(Array("fake artifact".utf8))) })
    var request = request(try names(3), store, lanes: 3)
    request.work.jobserver = try Jobserver(.pipe(reading: reading, writing: writing))
    let summary = try stage.run(request, toolchain)
    #expect(summary.fetched == 3 && seen.withLock { $0 } == [true, true, true])
    #expect(free() == 2)
  }

  @Test func aRunThatIsStoppedWaitsForNoAnswer() throws {
    let isAsked = Gate()
    let stage = stage
    let store = FakeRemoteStore(
      before: { _ in
        isAsked.open()
        // A store ends what is open with the run.
        _ = waitUntil { stage.cancellation.isCancelled }
      }, answering: { _, _ in .failed(RemoteFailure("its helper was ended", isOfStore: true)) })
    let observer = RecordingObserver()
    let running = stage.begin(request(try names(3), store), [toolchain], observer: observer)
    isAsked.wait()
    stage.cancellation.cancel()
    let summary = try running.wait()
    #expect(summary.notDone == 3 && summary.compiled == 0 && trouble(observer).isEmpty)
  }

  @Test func whatAnotherProcessMadeMeanwhileStays() throws {
    let module = try stage.write("0")
    let process = try stage.claim(module, toolchain.identity())
    let store = FakeRemoteStore(
      before: { _ in process.publish() },
      answering: { _, _ in .found(FakeRemoteStore.artifact(Array("fake from afar".utf8))) })
    let observer = RecordingObserver()
    let summary = try stage.run(request(["0"], store), toolchain, observer: observer)
    #expect(observer.finished == ["0: found meanwhile"] && summary.fetched == 0 && summary.upToDate == 1)
    #expect(try stage.artifact(summary.targets[0], module) == "fake artifact of another")
  }

  // MARK: What is not believed

  @Test(
    arguments: [
      (Array("other bytes".utf8), nil, "its artifact is of another engine: 0 is compiled instead"),
      ([], nil, "its artifact has 0 bytes, which is not from 1 to 1Ki: 0 is compiled instead"),
      (
        Array("fake".utf8) + [UInt8](repeating: 0, count: 2000), nil,
        "its artifact has 2004 bytes, which is not from 1 to 1Ki: 0 is compiled instead"
      ),
      (
        Array("fake".utf8), [UInt8](repeating: 7, count: 32),
        "its artifact does not have the digest that it is said to have: 0 is compiled instead"
      ),
    ] as [([UInt8], [UInt8]?, String)])
  func whatCannotBeTheArtifactIsRefused(_ bytes: [UInt8], _ digest: [UInt8]?, _ message: String) throws {
    let store = FakeRemoteStore(answering: { _, _ in .found(FakeRemoteStore.artifact(bytes, digest: digest)) })
    let observer = RecordingObserver()
    var request = request(try names(1), store, stores: false)
    request.limits.largestArtifact = 1024
    let summary = try stage.run(request, toolchain, observer: observer)
    #expect(trouble(observer) == ["remote fake://store: \(message)"])
    #expect(summary.compiled == 1 && summary.fetched == 0 && summary.remote?.errors == 1)
    let module = WasmHash.generate(StagedRun.contents("0"))
    #expect(try stage.artifact(summary.targets[0], module) == FakeToolchain.artifact(of: module, toolchain.wishes[0]))
    try stage.expectNothingLeft()
  }

  // MARK: Trouble

  @Test func aDeadStoreIsToldOnceAndCountsOnce() throws {
    let store = FakeRemoteStore(
      answering: { _, _ in .failed(RemoteFailure("nobody answers", isOfStore: true)) },
      storing: { RemoteFailure("nobody answers", isOfStore: true) })
    let observer = RecordingObserver()
    let summary = try stage.run(request(names(5), store), toolchain, observer: observer)
    #expect(summary.compiled == 5 && !summary.hasFailures)
    #expect(trouble(observer) == ["remote fake://store: nobody answers; what is missing is compiled here"])
    #expect(summary.remote?.errors == 1 && summary.remote?.notStored == 5 && summary.remote?.stored == 0)
  }

  @Test func eachFailureCountsAndTheFirstIsTold() throws {
    let store = FakeRemoteStore(answering: { _, _ in .failed(RemoteFailure("it stumbled", isOfStore: false)) })
    let observer = RecordingObserver()
    let summary = try stage.run(request(names(3), store), toolchain, observer: observer)
    #expect(summary.compiled == 3 && summary.remote?.errors == 3 && summary.remote?.stored == 3)
    #expect(trouble(observer) == ["remote fake://store: it stumbled: 0 is compiled instead"])
  }

  @Test func whatIsNotStoredIsToldAtTheEnd() throws {
    let store = FakeRemoteStore(storing: { RemoteFailure("it has no room", isOfStore: false) })
    let observer = RecordingObserver()
    let summary = try stage.run(request(names(3), store), toolchain, observer: observer)
    #expect(summary.compiled == 3 && !summary.hasFailures)
    #expect(summary.remote?.errors == 1 && summary.remote?.notStored == 3)
    #expect(trouble(observer) == ["remote fake://store: 3 artifacts are not stored there: it has no room"])
  }

  @Test func theEndDoesNotWaitForEver() throws {
    var request = stage.request(try names(2))
    request.remote = RemoteUse(SilentStore(), stores: true)
    request.remote?.longestPause = 0.01
    let observer = RecordingObserver()
    let summary = try stage.run(request, toolchain, observer: observer)
    #expect(summary.compiled == 2 && summary.remote?.notStored == 2)
    #expect(trouble(observer) == ["remote fake://silent: 2 artifacts are not stored there: it takes too long"])
  }

  /// Has nothing, and never says that it has stored something.
  private final class SilentStore: RemoteStore {
    let name = "fake://silent"

    func fetch(
      _ names: [RemoteName], largest: Int, _ cancellation: Cancellation,
      answer: @escaping @Sendable (_ position: Int, RemoteAnswer) -> Void
    ) {
      for position in names.indices { answer(position, .missing) }
    }

    func store(
      _ name: RemoteName, _ artifact: StorableArtifact, _ cancellation: Cancellation,
      done: @escaping @Sendable (RemoteFailure?) -> Void
    ) {}
  }

  @Test func aWatchersBatchDoesNotWait() throws {
    var request = stage.request(try names(1))
    request.remote = RemoteUse(SilentStore(), stores: true)
    request.remote?.waits = false
    // It would wait for a minute.
    request.remote?.longestPause = 60
    let summary = try stage.run(request, toolchain)
    #expect(summary.compiled == 1 && summary.remote?.notStored == 0)
  }

  // MARK: What is asked for

  @Test func nothingIsStoredWhereThatIsOff() throws {
    let store = FakeRemoteStore()
    let summary = try stage.run(request(names(2), store, stores: false), toolchain)
    #expect(summary.compiled == 2 && store.stored.isEmpty && store.asked.count == 2)
    #expect(summary.remote?.stored == 0 && summary.remote?.notStored == 0)
  }

  @Test(arguments: [RunPurpose.check, .dryRun]) func runsThatOnlyLookDoNotAsk(_ purpose: RunPurpose) throws {
    let store = FakeRemoteStore()
    var request = request(try names(2), store)
    request.purpose = purpose
    let summary = try stage.run(request, toolchain)
    #expect(store.asked.isEmpty && summary.lacking.count == 2 && summary.remote == nil)
  }

  @Test func aFrozenRunFetchesAndCompilesNothing() throws {
    let store = FakeRemoteStore()
    let names = try names(3)
    _ = try stage.run(request(names, store, cache: "here"), toolchain)
    let compilations = toolchain.compilations.count
    store.artifacts.removeValue(forKey: store.asked[1])
    var request = request(names, store, cache: "there")
    request.purpose = .frozen
    let summary = try stage.run(request, toolchain)
    #expect(summary.fetched == 2 && summary.lacking.map(\.name) == ["1"] && summary.isWanting && summary.notDone == 0)
    #expect(toolchain.compilations.count == compilations && store.stored.count == 3)
    request.input.roots = [stage.directory("0"), stage.directory("2")]
    #expect(try !stage.run(request, toolchain).isWanting)
  }

  @Test func whatIsForcedIsCompiledHere() throws {
    let store = FakeRemoteStore()
    let names = try names(2)
    _ = try stage.run(request(names, store), toolchain)
    var request = request(names, store)
    request.work.force = true
    #expect(try stage.run(request, toolchain).compiled == 2)
    #expect(store.asked.count == 2 && store.stored.count == 4)
    // Whether this machine has it, or only the server.
    request.caches.path = stage.directory("empty")
    #expect(try stage.run(request, toolchain).compiled == 2)
    #expect(store.asked.count == 2 && store.stored.count == 6)
  }

  @Test func lowerCachesComeFirst() throws {
    let store = FakeRemoteStore()
    let names = try names(2)
    _ = try stage.run(request(["0"], store, cache: "lower"), toolchain)
    var request = request(names, store, cache: "here")
    request.caches.lower = [stage.directory("lower")]
    let summary = try stage.run(request, toolchain)
    #expect(summary.compiled == 1 && summary.plan.fromLowerCaches == 1 && store.asked.count == 2)
  }
}

private enum Hex {
  static func of(_ byte: UInt8) -> String { (byte < 16 ? "0" : "") + String(byte, radix: 16) }
}
