import Dispatch
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// When a watcher is ready, and what it tells.
@Suite(.timeLimit(.minutes(5))) struct WatchLoopTests: WatchLoopSuite {
  let source = ScriptedSource()
  let warmer = ScriptedWarmer()
  let log = Log<String>()
  private let x: FilePath = "/nowhere/x.wasm"
  private let y: FilePath = "/nowhere/y.wasm"

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

}
