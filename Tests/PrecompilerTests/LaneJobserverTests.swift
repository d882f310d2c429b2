import Dispatch
import Foundation
import Glibc
import LinuxIO
import PrecompilerTestSupport
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import Precompiler

/// Lanes that share job slots with a make, and wait for other processes that compile the same modules.
struct LaneJobserverTests {
  private let stage: StagedRun
  private let tokenPipe: TokenPipe

  /// A class, because suites are copied.
  private final class TokenPipe: Sendable {
    let pipe: LinuxIO.Pipe
    init() throws { pipe = try LinuxIO.Pipe() }
  }

  init() throws {
    stage = try StagedRun()
    tokenPipe = try TokenPipe()
  }

  /// A run with as many lanes as there are job slots: our own, and one for each token.
  private func request(_ names: [String], tokens: Int) throws -> PrecompileRequest {
    try tokenPipe.pipe.writing.write(all: String(repeating: "+", count: tokens))
    var request = stage.request(names, lanes: tokens + 1)
    request.work.jobserver = try Jobserver(
      .pipe(reading: tokenPipe.pipe.reading.raw, writing: tokenPipe.pipe.writing.raw))
    return request
  }

  /// How many tokens nobody has.
  private var tokens: Int {
    var count: Int32 = 0
    guard ioctl(tokenPipe.pipe.reading.raw, UInt(FIONREAD), &count) == 0 else { return -1 }
    return Int(count)
  }

  @Test func aCompilerThatUsesAllCoresHoldsAsManySlots() throws {
    var request = try request(["0"], tokens: 3)
    request.work.processors = 3
    try stage.write("0")
    let taken = Mutex<[Int]>([])
    let toolchain = FakeToolchain(
      "one", cores: .all, compiling: { [self] _, _ in taken.withLock { $0.append(tokens) } })
    #expect(try stage.run(request, toolchain).compiled == 1)
    #expect(toolchain.threads == [3])
    #expect(taken.withLock { $0 } == [1], "our own slot and two more for three processors")
    #expect(tokens == 3, "they are given back")
  }

  /// Long enough for any thread to do what it is about to do.
  private static func settle() { usleep(100_000) }

  /// A gate that threads wait at until it is opened.
  private final class Gate: Sendable {
    private let isOpen = Atomic(false)
    func open() { isOpen.store(true, ordering: .releasing) }
    func wait() { _ = waitUntil { isOpen.load(ordering: .acquiring) } }
  }

  /// Takes a job slot of a run on a thread of its own, and gives it back when it is told to.
  private func hold(_ jobserver: Jobserver, until gate: Gate) -> Gate {
    let isHeld = Gate()
    Thread.detachNewThread {
      _ = jobserver.withSlot {
        isHeld.open()
        gate.wait()
      }
    }
    return isHeld
  }

  @Test func noMoreCompileThanThereAreSlots() throws {
    let names = (0..<20).map { "\($0)" }
    for name in names { try stage.write(name) }
    let toolchain = FakeToolchain("one", compiling: { _, _ in usleep(2000) })
    var request = try request(names, tokens: 2)
    request.work.lanes = 8
    #expect(try stage.run(request, toolchain).compiled == 20)
    #expect(toolchain.mostRunning <= 3)
    #expect(tokens == 2)
  }

  @Test func whoWaitsForAnotherProcessHoldsNoSlot() throws {
    // The larger one comes first, and is postponed.
    let module = try stage.write("a", padding: 100)
    try stage.write("b")
    let toolchain = FakeToolchain("one")
    let other = try stage.claim(module, toolchain.identity())
    let observer = RecordingObserver()
    let request = try request(["a", "b"], tokens: 1)
    let run = stage.begin(request, [toolchain], observer: observer)
    #expect(waitUntil { observer.finished == ["b: compiled"] })
    Self.settle()
    #expect(tokens == 1)

    // Both slots can be had while it waits, and it begins nothing before it has one again.
    let gate = Gate()
    let jobserver = try #require(request.work.jobserver)
    let held = [hold(jobserver, until: gate), hold(jobserver, until: gate)]
    for isHeld in held { isHeld.wait() }
    #expect(tokens == 0)
    other.giveUp()
    Self.settle()
    Self.settle()
    #expect(observer.began == ["b"])
    gate.open()
    let summary = try run.wait()
    #expect(summary.compiled == 2 && summary.notDone == 0)
    #expect(waitUntil { tokens == 1 })
  }

  @Test func whatAnotherProcessPublishedIsFound() throws {
    let module = try stage.write("a", padding: 100)
    try stage.write("b")
    let toolchain = FakeToolchain("one")
    let other = try stage.claim(module, toolchain.identity())
    let observer = RecordingObserver(onFinished: { if $0.job.name == "b" { other.publish() } })
    let summary = try stage.run(request(["a", "b"], tokens: 1), [toolchain], observer: observer)
    #expect(observer.finished == ["b: compiled", "a: found meanwhile"])
    #expect(summary.upToDate == 1 && summary.compiled == 1)
    #expect(tokens == 1)
  }

  /// A lane that found nothing more to do ends all waiting for slots: but not while a job may yet come back.
  @Test func aJobThatIsPostponedLastIsDone() throws {
    let module = try stage.write("a", padding: 100)
    try stage.write("b")
    let toolchain = FakeToolchain("one")
    let other = try stage.claim(module, toolchain.identity())
    let gate = Gate()
    let observer = RecordingObserver(onFinished: { outcome in
      guard outcome.job.name == "b" else { return }
      Self.settle()
      gate.open()
    })
    var request = try request(["a", "b"], tokens: 1)
    // Between being given the job and asking for its claim.
    request.work.isWanted = { job in
      if job.name == "a" { gate.wait() }
      return true
    }
    let run = stage.begin(request, [toolchain], observer: observer)
    gate.wait()
    Self.settle()
    other.giveUp()
    let summary = try run.wait()
    #expect(observer.finished == ["b: compiled", "a: compiled"])
    #expect(summary.notDone == 0)
    #expect(tokens == 1)
  }

  @Test func aJobThatIsGivenBackLastIsDone() throws {
    for name in ["a", "b", "c"] { try stage.write(name) }
    let oneIsDone = Gate()
    let hasFailed = Gate()
    let compilations = Counter()
    let toolchain = FakeToolchain(
      "one",
      opening: { session throws(ModuleFailure) in
        guard session == 1 else { return }
        oneIsDone.wait()
        Self.settle()
        hasFailed.open()
        throw .compilerNotStarted(reason: "no more processes")
      },
      compiling: { _, _ in
        guard compilations.add() == 1 else { return }
        hasFailed.wait()
        Self.settle()
      })
    let observer = RecordingObserver(onFinished: { _ in oneIsDone.open() })
    let summary = try stage.run(request(["a", "b", "c"], tokens: 2), [toolchain], observer: observer)
    #expect(summary.compiled == 3 && summary.notDone == 0, "\(observer.finished)")
    #expect(tokens == 2)
  }

  @Test func aFailureEndsTheWaitForAnotherProcess() throws {
    let module = try stage.write("a", padding: 100)
    try stage.write("b")
    let toolchain = FakeToolchain(
      "one",
      compiling: { _, _ throws(ModuleFailure) in
        Self.settle()
        throw .invalid(message: "bad")
      })
    let other = try stage.claim(module, toolchain.identity())
    var request = try request(["a", "b"], tokens: 1)
    request.work.failFast = true
    let summary = try stage.run(request, toolchain)
    #expect(summary.outcomes.map(\.line).sorted() == ["a: not done", "b: is not valid: bad"])
    #expect(summary.notDone == 1 && summary.failed == 1)
    #expect(tokens == 1)
    other.giveUp()
  }

  @Test(arguments: [false, true]) func cancellingEndsTheWaitForAnotherProcess(_ hasJobserver: Bool) throws {
    let module = try stage.write("a", padding: 100)
    try stage.write("b")
    let toolchain = FakeToolchain("one")
    let other = try stage.claim(module, toolchain.identity())
    var request = try request(["a", "b"], tokens: 1)
    if !hasJobserver { request.work.jobserver = nil }
    let observer = RecordingObserver()
    let run = stage.begin(request, [toolchain], observer: observer)
    #expect(waitUntil { observer.finished == ["b: compiled"] })
    Self.settle()
    stage.cancellation.cancel()
    let summary = try run.wait()
    #expect(observer.began == ["b"], "nothing begins after that")
    #expect(summary.notDone == 1 && summary.outcomes.count == 2)
    #expect(waitUntil { tokens == 1 })
    other.giveUp()
  }

  /// Waiting longer than compiling may take is of no use.
  @Test func aProcessThatHangsIsNotWaitedForForEver() throws {
    let module = try stage.write("a")
    let toolchain = FakeToolchain("one")
    let other = try stage.claim(module, toolchain.identity())
    var request = try request(["a"], tokens: 1)
    request.limits.timeout = 0.2
    #expect(try stage.run(request, toolchain).compiled == 1)
    #expect(tokens == 1)
    other.giveUp()
  }

  /// However the lanes meet.
  @Test(arguments: 0..<12) func noJobAndNoTokenIsLost(_ seed: Int) throws {
    let names = (0..<30).map { "\($0)" }
    let modules = try names.map { try stage.write($0, padding: (Int($0) ?? 0) * seed % 7) }
    let toolchain = FakeToolchain("one", compiling: { _, _ in usleep(500) })
    let others = try modules.indices.filter { $0 % 3 == seed % 3 }.map {
      try stage.claim(modules[$0], toolchain.identity())
    }
    let request = try request(names, tokens: 1 + seed % 4)
    let isPlanned = Gate()
    let observer = RecordingObserver(onPlanned: { isPlanned.open() })
    let run = stage.begin(request, [toolchain], observer: observer)
    isPlanned.wait()
    let isCancelled = seed % 4 == 3
    for (number, other) in others.enumerated() {
      usleep(UInt32(seed) * 300)
      if isCancelled && number == 5 { stage.cancellation.cancel() }
      if number % 2 == 0 { other.publish() } else { other.giveUp() }
    }
    let summary = try run.wait()
    #expect(summary.outcomes.count == 30)
    #expect(Set(summary.outcomes.map(\.job.content.facts.hash)).count == 30)
    #expect(summary.failed == 0 && (isCancelled || summary.notDone == 0), "\(observer.finished)")
    #expect(waitUntil { tokens == 1 + seed % 4 })
  }
}
