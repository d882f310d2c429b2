import Dispatch
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// A source that tells what the test says.
private final class ScriptedSource: ChangeSource {
  private struct State {
    var deliver: @Sendable ([WatchEvent]) -> Void = { _ in }
    var rescans: [WatchNotice.RescanCause] = []
    var stop: Stop = .atOnce
  }

  enum Stop: Sendable { case atOnce, never }

  private let state = Mutex(State())

  init(stop: Stop = .atOnce) { state.withLock { $0.stop = stop } }

  var rescans: [WatchNotice.RescanCause] { state.withLock(\.rescans) }

  func start(deliver: @escaping @Sendable ([WatchEvent]) -> Void) { state.withLock { $0.deliver = deliver } }
  func rescan(_ cause: WatchNotice.RescanCause) { state.withLock { $0.rescans += [cause] } }
  func stop(completion: @escaping @Sendable () -> Void) {
    if state.withLock(\.stop) == .atOnce { completion() }
  }

  func tell(_ events: [WatchEvent]) { state.withLock(\.deliver)(events) }

  func tell(_ kind: FileEvent.Kind, _ paths: FilePath...) {
    tell(paths.map { .file(FileEvent(path: $0, kind: kind, time: SuspendingClock().now)) })
  }
}

/// A warmer that answers when the test says.
private final class ScriptedWarmer: Warmer {
  struct Call: Sendable {
    var batch: WarmBatch
    var completion: @Sendable ([FilePath: WarmOutcome]) -> Void

    var paths: Set<FilePath> { Set(batch.changes.map(\.path)) }

    func answer(_ outcome: WarmOutcome) {
      completion(Dictionary(uniqueKeysWithValues: paths.map { ($0, outcome) }))
    }
  }

  let calls = Log<Call>()
  let cancels = Log<Void>()

  func warm(_ batch: WarmBatch, completion: @escaping @Sendable ([FilePath: WarmOutcome]) -> Void) {
    calls.append(Call(batch: batch, completion: completion))
  }

  func cancel() { cancels.append(()) }

  func call(_ number: Int) async -> Call { await calls.wait(until: { $0.count >= number })[number - 1] }
}

@Suite(.timeLimit(.minutes(5))) struct WatchLoopTests {
  private let source = ScriptedSource()
  private let warmer = ScriptedWarmer()
  private let log = Log<String>()
  private let x: FilePath = "/nowhere/x.wasm"
  private let y: FilePath = "/nowhere/y.wasm"

  private func started(command text: String? = nil) -> WatchLoop {
    var command = text.map { ExecRunner.Command($0) }
    // The tests' own executable knows no such subcommand.
    if let supervisor = try? BuiltExecutable.path() { command?.supervisor = supervisor.string }
    let loop = WatchLoop(
      source: source, warmer: warmer, times: SettleTimes(debounce: .milliseconds(1)), command: command,
      notifier: SystemdNotifier(socketName: nil)
    ) { [log] in log.append($0.summary) }
    loop.start()
    // The source is started on the loop's queue.
    loop.executor.queue.sync {}
    return loop
  }

  private func stop(_ loop: WatchLoop) async {
    await withCheckedContinuation { continuation in loop.stop { continuation.resume() } }
  }

  @Test func readyComesAfterEverythingThatWasThere() async {
    let loop = started()
    source.tell(.listed, x, y)
    source.tell([.armed(directories: 1)])
    let call = await warmer.call(1)
    #expect(call.paths == [x, y])
    #expect(!log.elements.contains("ready 2"))
    call.answer(.warmed)
    await log.wait(for: { $0 == "ready 2" })
    #expect(log.elements == ["batch x.wasm y.wasm", "done warmed warmed", "ready 2"])
    await stop(loop)
  }

  @Test func nothingToDoIsReadyAtOnce() async {
    let loop = started()
    source.tell([.armed(directories: 1)])
    await log.wait(for: { $0 == "ready 0" })
    await stop(loop)
  }

  @Test func nothingIsWarmedBeforeEverythingIsListed() async {
    let loop = started()
    source.tell(.listed, x)
    source.tell(.listed, y)
    loop.executor.queue.sync {}
    #expect(warmer.calls.elements.isEmpty)
    source.tell([.armed(directories: 1)])
    #expect(await warmer.call(1).paths == [x, y])
    await stop(loop)
  }

  @Test func readyWaitsForWhatWasDeferredOrChangedMeanwhile() async {
    let loop = started()
    source.tell(.listed, x, y)
    source.tell([.armed(directories: 1)])
    let first = await warmer.call(1)
    source.tell(.written, y)
    loop.executor.queue.sync {}
    #expect(first.batch.isStale(y) && !first.batch.isStale(x))
    first.completion([x: .deferred, y: .warmed])
    let second = await warmer.call(2)
    if second.paths != [x, y] { await warmer.call(2).answer(.deferred) }
    #expect(!log.elements.contains { $0.hasPrefix("ready") })
    for number in 2...10 where !log.elements.contains(where: { $0.hasPrefix("ready") }) {
      await warmer.call(number).answer(.unchanged)
      loop.executor.queue.sync {}
    }
    await log.wait(for: { $0 == "ready 2" })
    await stop(loop)
  }

  @Test(arguments: [false, true]) func whatGoesBeforeItWasCompiledDoesNotHoldReadyBack(isWaiting: Bool) async {
    let loop = started()
    source.tell(.listed, x, y)
    source.tell([.armed(directories: 1)])
    let first = await warmer.call(1)
    if isWaiting { source.tell(.written, y) }
    source.tell(.removed, y)
    loop.executor.queue.sync {}
    first.completion([x: .warmed, y: .gone])
    await log.wait(for: { $0.hasPrefix("ready") })
    await stop(loop)
  }

  @Test func busyFilesDoNotHoldReadyBack() async {
    let loop = started()
    source.tell(.listed, x)
    source.tell([.armed(directories: 1)])
    await warmer.call(1).answer(.busy)
    await log.wait(for: { $0 == "ready 0" })
    let retry = await warmer.call(2)
    #expect(retry.batch.changes.map(\.attempt) == [1])
    await stop(loop)
  }

  @Test func runningBatchLearnsThatSomethingWaits() async {
    let loop = started()
    source.tell([.armed(directories: 1)])
    source.tell(.written, x)
    let first = await warmer.call(1)
    #expect(!first.batch.isSomethingWaiting)
    source.tell(.written, y)
    // Told by the loop's timer, which has no other sign.
    while !first.batch.isSomethingWaiting { await Task.yield() }
    #expect(!first.batch.isStale(x))
    first.answer(.deferred)
    #expect(await warmer.call(2).paths == [x, y])
    await stop(loop)
  }

  @Test func diagnosticsAndRemovalsAreReported() async {
    let loop = started()
    source.tell([.armed(directories: 1)])
    source.tell(.written, x, y)
    await warmer.call(1).completion([x: .failed("too large"), y: .rejected("no module")])
    await log.wait(for: { $0 == "x.wasm: too large" })
    await log.wait(for: { $0 == "y.wasm: no module" })
    source.tell(.removed, y, x)
    await log.wait(for: { $0 == "removed x.wasm" })
    #expect(!log.elements.contains("removed y.wasm"), "it was no module")
    await stop(loop)
  }

  @Test func readyComesAfterWhatIsWrong() async {
    let loop = started()
    source.tell(.listed, x)
    source.tell([.armed(directories: 1)])
    await warmer.call(1).answer(.rejected("no module"))
    await log.wait(for: { $0.hasPrefix("ready") })
    #expect(log.elements.suffix(2) == ["x.wasm: no module", "ready 0"])
    await stop(loop)
  }

  @Test func whatKeepsSeveralWaitingIsToldOnceAndTheCommandWaitsToo() async throws {
    let scratch = try Scratch()
    let out = scratch.path.appending("out")
    let loop = started(command: "echo $WASMPRECOMPILE_CHANGED >>\(out)")
    source.tell([.armed(directories: 1)])
    source.tell(.written, x, y)
    await warmer.call(1).answer(.postponed("no space"))
    await log.wait(for: { $0 == "no space: x.wasm y.wasm" })
    // Another module does not bring it on.
    let z: FilePath = "/nowhere/z.wasm"
    source.tell(.written, z)
    let second = await warmer.call(2)
    second.answer(.warmed)
    let third = await warmer.call(3)
    // On a busy machine, it was time to try them again before this module had settled.
    guard second.paths == [z] else {
      #expect(second.paths == [x, y] && third.paths == [z])
      third.answer(.warmed)
      return await stop(loop)
    }
    #expect(third.paths == [x, y])
    #expect(!log.elements.contains { $0.hasPrefix("command") })
    third.answer(.warmed)
    await log.wait(for: { $0 == "command exited(0)" })
    #expect(try Shell.read(out) == "\(x) \(y) \(z)\n")
    await stop(loop)
  }

  @Test func removalOfWhatIsThereAllTheSameIsAChange() async throws {
    let scratch = try Scratch()
    let path = scratch.path.appending("x.wasm")
    try Shell.write("", to: path)
    let loop = started()
    source.tell([.armed(directories: 1)])
    source.tell(.written, path)
    await warmer.call(1).answer(.warmed)
    source.tell(.removed, path)
    #expect(await warmer.call(2).paths == [path])
    #expect(!log.elements.contains { $0.hasPrefix("removed") })
    await stop(loop)
  }

  @Test func noticesArePassedOnAndRescanIsAskedFor() async {
    let loop = started()
    loop.rescan()
    #expect(source.rescans == [.requested])
    source.tell([.notice(.overflow)])
    await log.wait(for: { $0.hasPrefix("notice the kernel dropped") })
    await stop(loop)
  }

  @Test func stopCancelsTheBatchAndWaitsForIt() async {
    let loop = started()
    source.tell(.listed, x)
    source.tell([.armed(directories: 1)])
    let call = await warmer.call(1)
    let stopped = Log<Void>()
    let begun = ContinuousClock.now
    loop.stop { stopped.append(()) }
    await warmer.cancels.wait(until: { $0.count == 1 })
    loop.executor.queue.sync {}
    // It waits for 800 ms, which a busy machine may have spent by now.
    let isEarly = stopped.elements.isEmpty
    #expect(isEarly || ContinuousClock.now - begun >= .milliseconds(800))
    call.answer(.deferred)
    await stopped.wait(until: { $0.count == 1 })
    // Nothing is said any more.
    source.tell(.written, y)
    await stop(loop)
    #expect(log.elements == ["batch x.wasm"])
  }

  @Test func stopDoesNotWaitForWhatHangs() async {
    let source = ScriptedSource(stop: .never)
    let loop = WatchLoop(source: source, warmer: warmer, notifier: SystemdNotifier(socketName: nil)) { _ in }
    loop.start()
    loop.executor.queue.sync {}
    source.tell(.listed, x)
    source.tell([.armed(directories: 1)])
    _ = await warmer.call(1)
    // Neither the source nor the warmer ever answers.
    await stop(loop)
  }

  @Test func commandRunsAfterReadyBatchesOnly() async throws {
    let scratch = try Scratch()
    let out = scratch.path.appending("out")
    let loop = started(command: "echo $WASMPRECOMPILE_CHANGED_COUNT $WASMPRECOMPILE_CHANGED >>\(out)")
    source.tell(.listed, x, y)
    source.tell([.armed(directories: 1)])
    await warmer.call(1).completion([x: .warmed, y: .failed("broken")])
    source.tell(.written, y)
    await warmer.call(2).answer(.warmed)
    await log.wait(for: { $0 == "command exited(0)" })
    // Nothing new: no run.
    source.tell(.written, x)
    await warmer.call(3).answer(.unchanged)
    source.tell(.written, x)
    await warmer.call(4).answer(.warmed)
    await log.wait(until: { $0.filter { $0 == "command exited(0)" }.count == 2 })
    #expect(try Shell.read(out) == "2 \(x) \(y)\n1 \(x)\n")
    await stop(loop)
  }

  @Test func aModuleIsNewUnlessItHoldsWhatItLastDid() async {
    let loop = started()
    source.tell([.armed(directories: 1)])
    let looks: [(held: String, isNew: Bool, outcome: WarmOutcome)] = [
      ("a", true, .warmed), ("a", false, .unchanged), ("b", true, .warmed), ("a", true, .warmed),
      // Seen with one backend is seen.
      ("c", true, .deferred), ("c", false, .warmed),
      // What is told as broken is mended by anything, and what was removed may come back.
      ("c", false, .failed("broken")), ("c", true, .warmed),
    ]
    for (number, (held, isNew, outcome)) in looks.enumerated() {
      if number == 0 || looks[number - 1].outcome != .deferred { source.tell(.written, x) }
      let call = await warmer.call(number + 1)
      #expect(call.batch.isNew(held, at: x) == isNew, "\(number)")
      call.batch.note(loadable: held, at: x)
      call.answer(outcome)
      await log.wait(until: { $0.count { $0.hasPrefix("done ") } == number + 1 })
    }
    source.tell(.removed, x)
    await log.wait(for: { $0 == "removed x.wasm" })
    source.tell(.written, x)
    #expect(await warmer.call(looks.count + 1).batch.isNew("c", at: x))
    await stop(loop)
  }

  /// A second event during a batch, a shell's or a linker's, has it looked at twice: the second look finds nothing new.
  @Test func theCommandIsToldOfWhatAStaleBatchMade() async throws {
    let scratch = try Scratch()
    let out = scratch.path.appending("out")
    let loop = started(command: "echo $WASMPRECOMPILE_CHANGED >>\(out)")
    source.tell([.armed(directories: 1)])
    source.tell(.written, x)
    let first = await warmer.call(1)
    source.tell(.written, x)
    loop.executor.queue.sync {}
    first.batch.note(loadable: "a", at: x)
    first.answer(.warmed)
    let second = await warmer.call(2)
    #expect(!second.batch.isNew("a", at: x))
    second.answer(.unchanged)
    await log.wait(for: { $0 == "command exited(0)" })
    #expect(try Shell.read(out) == "\(x)\n")
    await stop(loop)
  }

  @Test func theCommandIsToldOfWhatIsGone() async throws {
    let scratch = try Scratch()
    let out = scratch.path.appending("out")
    let loop = started(command: "echo $WASMPRECOMPILE_CHANGED - $WASMPRECOMPILE_REMOVED >>\(out)")
    source.tell([.armed(directories: 1)])
    source.tell(.written, x, y)
    await warmer.call(1).answer(.warmed)
    await log.wait(for: { $0 == "command exited(0)" })
    source.tell(.removed, x)
    await log.wait(until: { $0.count { $0 == "command exited(0)" } == 2 })
    #expect(try Shell.read(out) == "\(x) \(y) -\n- \(x)\n")
    await stop(loop)
  }

  /// What a batch made is not kept from the command by a file that went before anybody had looked at it.
  @Test func theCommandRunsAlthoughAnotherOfTheBatchWent() async throws {
    let scratch = try Scratch()
    let out = scratch.path.appending("out")
    let loop = started(command: "echo $WASMPRECOMPILE_CHANGED - $WASMPRECOMPILE_REMOVED >>\(out)")
    source.tell([.armed(directories: 1)])
    source.tell(.written, x, y)
    let call = await warmer.call(1)
    source.tell(.removed, y)
    loop.executor.queue.sync {}
    call.completion([x: .warmed, y: .deferred])
    await log.wait(for: { $0 == "command exited(0)" })
    #expect(try Shell.read(out) == "\(x) -\n")
    await stop(loop)
  }

  /// One rename is two changes, of which one settles later.
  @Test func whatIsToSettleAtOnceIsToldTogether() async throws {
    let scratch = try Scratch()
    let out = scratch.path.appending("out")
    let loop = started(command: "echo $WASMPRECOMPILE_CHANGED - $WASMPRECOMPILE_REMOVED >>\(out)")
    source.tell([.armed(directories: 1)])
    source.tell(.written, x)
    await warmer.call(1).answer(.warmed)
    await log.wait(for: { $0 == "command exited(0)" })
    let now = SuspendingClock().now
    source.tell([
      .file(FileEvent(path: x, kind: .removed, time: now)), .file(FileEvent(path: y, kind: .movedIn, time: now)),
    ])
    await warmer.call(2).answer(.warmed)
    await log.wait(until: { $0.count { $0 == "command exited(0)" } == 2 })
    #expect(try Shell.read(out) == "\(x) -\n\(y) - \(x)\n")
    await stop(loop)
  }
}

extension WatchReport {
  fileprivate var summary: String {
    switch self {
    case .ready(let modules): "ready \(modules)"
    case .batchStarted(let batch): "batch " + batch.changes.map(\.name).joined(separator: " ")
    case .batchFinished(let batch, let outcomes):
      "done " + batch.changes.map { "\(outcomes[$0] ?? .deferred)" }.joined(separator: " ")
    case .removed(let change): "removed \(change.name)"
    case .diagnostic(let diagnostic): "\(diagnostic.change.name): \(diagnostic.message)"
    case .trouble(let message, let changes): "\(message): " + changes.map(\.name).joined(separator: " ")
    case .command(let status): "command \(status)"
    case .notice(let notice): "notice \(notice)"
    }
  }
}

extension Change {
  fileprivate var name: String { path.lastComponent?.string ?? "" }
}
