import Glibc
import LinuxIO
import Precompiler
import RemoteProtocol
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WasmCache
import WasmEngine

@testable import RemoteCache

/// What is asked of a helper, and what is made of its answers and of its end.
struct RemoteCacheTests {
  private let directory: TemporaryDirectory
  private let cancellation = Cancellation()

  init() throws { directory = try TemporaryDirectory() }

  private func cache(patience: UInt32 = 60_000, program: FilePath? = nil) throws -> RemoteCache {
    var settings = RemoteSettings(address: "grpc://127.0.0.1:9\(directory.path)")
    settings.patience = patience
    let helper = try program ?? BuiltExecutable.path().removingLastComponent().appending("RemoteTestHelper")
    return RemoteCache(settings, helper: HelperSearch(named: helper, program: nil))
  }

  private func fault(_ word: String) throws { try directory.write(word, to: "fault") }

  private var log: [String] {
    let text = (try? [UInt8](contentsOf: directory("log"))) ?? []
    return String(decoding: text, as: UTF8.self).split(separator: "\n").map(String.init)
  }

  private static func name(_ number: Int) -> RemoteName {
    let identity = ArtifactIdentity(
      format: .wasmtime, wish: CompileWish(backend: .cranelift), version: "1", target: "here", record: [1], build: [2])
    return RemoteName(.generate([UInt8(truncatingIfNeeded: number)]), identity)
  }

  /// Puts something into the directory that stands for the server.
  private func put(_ bytes: [UInt8], _ number: Int) throws {
    try directory.write(bytes, to: Self.name(number).text.replacing("/", with: "_"))
  }

  /// Asks for some names, and waits for all answers.
  private func fetch(_ cache: RemoteCache, _ numbers: Range<Int>) -> [String] {
    let answers = Mutex([String](repeating: "", count: numbers.count))
    let bell = MonotonicSemaphore()
    cache.fetch(numbers.map(Self.name), largest: 1 << 20, cancellation) { position, answer in
      let text =
        switch answer {
        case .found(let artifact): String(decoding: artifact.contents.bytes, as: UTF8.self)
        case .missing: "missing"
        case .failed(let failure): (failure.isOfStore ? "all: " : "") + failure.reason
        }
      answers.withLock { $0[position] += text }
      bell.signal()
    }
    for _ in numbers { bell.wait(until: nil) }
    return answers.withLock { $0 }
  }

  /// Stores some artifacts, and waits until all are stored or are not.
  private func store(_ cache: RemoteCache, _ numbers: Range<Int>) throws -> [String] {
    let ends = Mutex([String](repeating: "", count: numbers.count))
    let bell = MonotonicSemaphore()
    let file = try directory.write("an artifact", to: "source")
    for (position, number) in numbers.enumerated() {
      let artifact = StorableArtifact(digest: ArtifactDigest(hashing: Array("an artifact".utf8)), size: 11) {
        try? Descriptor.open(file, O_RDONLY)
      }
      cache.store(Self.name(number), artifact, cancellation) { failure in
        ends.withLock { $0[position] += failure?.reason ?? "stored" }
        bell.signal()
      }
    }
    for _ in numbers { bell.wait(until: nil) }
    return ends.withLock { $0 }
  }

  // MARK: As it should be

  @Test func aHelperIsStartedOnceForEverything() throws {
    try put(Array("one".utf8), 1)
    let cache = try cache()
    #expect(log.isEmpty, "nothing was asked yet")
    #expect(fetch(cache, 0..<3) == ["missing", "one", "missing"])
    #expect(try store(cache, 2..<3) == ["stored"])
    #expect(fetch(cache, 2..<3) == ["an artifact"])
    #expect(try cache.status().map(\.name) == ["server", "updates", "execution"])
    #expect(log.filter { $0.hasPrefix("open ") } == ["open \(RemoteProtocol.version) 60000 "])
  }

  @Test func manyAreAskedForAndStoredAtATime() throws {
    let cache = try cache()
    #expect(fetch(cache, 0..<200) == Array(repeating: "missing", count: 200))
    #expect(try store(cache, 0..<200) == Array(repeating: "stored", count: 200))
    #expect(fetch(cache, 0..<200) == Array(repeating: "an artifact", count: 200))
  }

  @Test func aHelperThatHadNothingToDoIsStartedAgain() throws {
    try fault("idle")
    let cache = try cache()
    for number in 1...3 {
      #expect(fetch(cache, 0..<1) == ["missing"])
      // It may still be about to say so.
      for _ in 0..<60_000 where log.count(where: { $0 == "ended" }) < number { usleep(1000) }
    }
    #expect(log.count { $0.hasPrefix("open ") } == 3, "\(log)")
  }

  @Test func anArtifactThatIsGoneIsNotStored() throws {
    let cache = try cache()
    let bell = MonotonicSemaphore()
    let reason = Mutex<String?>(nil)
    let artifact = StorableArtifact(digest: ArtifactDigest(hashing: []), size: 0) { nil }
    cache.store(Self.name(0), artifact, cancellation) { failure in
      reason.withLock { $0 = failure?.reason }
      bell.signal()
    }
    bell.wait(until: nil)
    #expect(reason.withLock { $0 } == "they were removed from the cache meanwhile")
    #expect(try cache.status().count == 3)
    #expect(!log.contains { $0.hasPrefix("store ") })
  }

  // MARK: Trouble

  private static let foreign =
    "does not speak as it should: install the one that belongs to this release of wasmprecompile"

  @Test(arguments: [
    ("refuse", "nobody answers there: is the server running?"), ("old", "it is of another release"),
    ("crash", "wasmprecompile-remote was ended by signal 6 (aborted): the first word the last"),
    ("die", "wasmprecompile-remote exited with status 3"),
  ]) func everythingIsAnsweredWhenItEnds(_ word: String, _ reason: String) throws {
    try fault(word)
    let cache = try cache()
    #expect(fetch(cache, 0..<20) == Array(repeating: "all: \(reason)", count: 20))
    // For a while, nothing more is tried.
    try fault("")
    #expect(fetch(cache, 0..<1) == ["all: \(reason)"])
    #expect(try store(cache, 0..<1) == [reason])
    #expect(log.count { $0.hasPrefix("open ") } == 1)
  }

  /// More is asked than the socket holds, and it tells of room only when most was read.
  @Test func oneThatIsSlowIsWaitedFor() throws {
    try fault("slow")
    #expect(fetch(try cache(patience: 100), 0..<600) == Array(repeating: "missing", count: 600))
  }

  /// It is only silent while it owes an answer, not while this machine compiles.
  @Test func nobodyIsBlamedForATimeWithoutQuestions() throws {
    let cache = try cache(patience: 100)
    #expect(fetch(cache, 0..<1) == ["missing"])
    try fault("late")
    usleep(4_000_000)
    #expect(fetch(cache, 0..<1) == ["missing"])
  }

  @Test(arguments: ["foreign", "unsealed", "wrong-size", "other-number"])
  func whatIsNotAsAgreedEndsIt(_ word: String) throws {
    try fault(word)
    try put(Array("one".utf8), 1)
    let answers = fetch(try cache(), 1..<4)
    #expect(
      answers.allSatisfy { $0.hasPrefix("all: /") && $0.hasSuffix("RemoteTestHelper \(Self.foreign)") }, "\(answers)")
  }

  @Test func aWrongDigestIsForTheRunToFind() throws {
    try fault("wrong-digest")
    try put(Array("one".utf8), 1)
    #expect(fetch(try cache(), 1..<2) == ["one"])
  }

  @Test(arguments: ["silent", "hang"]) func silenceHasAnEnd(_ word: String) throws {
    try fault(word)
    let cache = try cache(patience: 100)
    #expect(fetch(cache, 0..<3) == Array(repeating: "all: no answer for 5 s", count: 3))
  }

  @Test func aServerThatFailsAgainAndAgainIsLeftAlone() throws {
    try fault("failing")
    let answers = fetch(try cache(), 0..<30)
    #expect(answers.prefix(4) == Array(repeating: "no byte for 5 s", count: 4)[...])
    #expect(answers.dropFirst(4).allSatisfy { $0 == "all: no byte for 5 s" })
  }

  @Test func failuresOfSingleArtifactsAreNoReasonToLeaveIt() throws {
    try fault("stumbling")
    let cache = try cache()
    #expect(fetch(cache, 0..<20) == Array(repeating: "other bytes came", count: 20))
    try fault("")
    #expect(fetch(cache, 0..<1) == ["missing"])
  }

  @Test(arguments: [("full", "it has no room"), ("read-only", "it lets nobody write")])
  func whoTakesNothingIsStillRead(_ word: String, _ reason: String) throws {
    try fault(word)
    try put(Array("one".utf8), 1)
    let cache = try cache()
    #expect(try store(cache, 0..<100) == Array(repeating: reason, count: 100))
    #expect(fetch(cache, 1..<2) == ["one"])
    #expect(log.count { $0.hasPrefix("store ") } <= 64, "it was given no more after its first answer")
  }

  @Test func aRunThatIsStoppedEndsTheHelper() throws {
    try fault("hang")
    let cache = try cache()
    let bell = MonotonicSemaphore()
    cache.fetch([Self.name(0)], largest: 1, cancellation) { _, _ in bell.signal() }
    cancellation.cancel()
    bell.wait(until: nil)
  }

  // MARK: Where it is

  @Test func itIsFoundBesideTheProgramOrInLibexec() throws {
    for place in ["bin", "libexec/wasmprecompile"] {
      _ = try Tool.shell("mkdir -p \"$1\"", [directory(place).string])
    }
    let program = directory("bin/wasmprecompile")
    let search = HelperSearch(named: nil, program: program)
    let (beside, installed) = (
      directory("bin/wasmprecompile-remote"), directory("libexec/wasmprecompile/wasmprecompile-remote")
    )
    let failure = #expect(throws: RemoteFailure.self) { try search.find() }
    #expect(
      failure?.reason
        == "there is no wasmprecompile-remote, the program that speaks to it (looked for \(beside) and \(installed)): "
        + "install the package of that name, or build it with `make remote`")
    try directory.write("", to: "libexec/wasmprecompile/wasmprecompile-remote", mode: .init(rawValue: 0o755))
    #expect(try search.find() == installed)
    try directory.write("", to: "bin/wasmprecompile-remote", mode: .init(rawValue: 0o644))
    #expect(try search.find() == installed, "what cannot be executed is passed over")
    _ = try Tool.shell("chmod +x \"$1\"", [beside.string])
    #expect(try search.find() == beside)
    #expect(try HelperSearch(named: installed, program: program).find() == installed)
    let relative = #expect(throws: RemoteFailure.self) { try HelperSearch(named: "here", program: program).find() }
    #expect(relative?.reason == "WASMPRECOMPILE_REMOTE_HELPER must be an absolute path, not 'here'")
  }

  @Test func whatCannotBeStartedIsSaid() throws {
    let program = try directory.write("no program", to: "helper", mode: .init(rawValue: 0o755))
    let answers = fetch(try cache(program: program), 0..<2)
    #expect(
      answers == Array(repeating: "all: \(program) could not be started: posix_spawn: exec format error", count: 2))
  }
}
