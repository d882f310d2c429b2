import Dispatch
import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// When a watcher runs its command, and which modules it tells it of.
@Suite(.timeLimit(.minutes(5))) struct WatchCommandTests: WatchLoopSuite {
  let source = ScriptedSource()
  let warmer = ScriptedWarmer()
  let log = Log<String>()
  private let x: FilePath = "/nowhere/x.wasm"
  private let y: FilePath = "/nowhere/y.wasm"

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
