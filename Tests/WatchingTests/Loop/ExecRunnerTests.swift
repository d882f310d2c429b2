import Dispatch
import Glibc
import SystemPackage
import Testing

@testable import Watching

@Suite(.timeLimit(.minutes(5))) struct ExecRunnerTests {
  let scratch: Scratch
  let out: FilePath
  private let log = Log<ExecRunner.Status>()

  init() throws {
    scratch = try Scratch()
    out = scratch.path.appending("out")
  }

  private func runner(_ command: String) -> ExecRunner {
    ExecRunner(command: command) { [log] in log.append($0) }
  }

  private func stop(_ runner: ExecRunner) async {
    await withCheckedContinuation { continuation in runner.stop { continuation.resume() } }
  }

  private func lines() throws -> [String] {
    try Shell.read(out).split(separator: "\n").map(String.init)
  }

  @Test func changedModulesAreInTheEnvironment() async throws {
    let runner = runner(
      """
      printf '%s:%s, %s:%s' "$WASMPRECOMPILE_CHANGED_COUNT" "$WASMPRECOMPILE_CHANGED" \\
        "$WASMPRECOMPILE_REMOVED_COUNT" "$WASMPRECOMPILE_REMOVED" >\(out)
      """)
    runner.run(telling: ModuleChanges(changed: ["/a b.wasm", "/c'd.wasm"], removed: ["/e.wasm"]))
    await log.wait(until: { $0 == [.exited(0)] })
    #expect(try Shell.read(out) == "2:/a b.wasm\n/c'd.wasm, 1:/e.wasm")
  }

  @Test func listTooLongForTheKernelIsLeftOut() async throws {
    let runner = runner("echo $WASMPRECOMPILE_CHANGED_COUNT ${WASMPRECOMPILE_CHANGED-none} >\(out)")
    let paths = (0..<10_000).map { FilePath("/a/rather/long/path/to/some/module/\($0).wasm") }
    runner.run(telling: ModuleChanges(changed: Set(paths)))
    await log.wait(until: { $0 == [.exited(0)] })
    #expect(try lines() == ["10000 none"])
  }

  @Test func statusIsReported() async {
    runner("exit 7").run(telling: ModuleChanges())
    await log.wait(until: { $0 == [.exited(7)] })
    runner("kill -KILL $$").run(telling: ModuleChanges())
    await log.wait(until: { $0 == [.exited(7), .killed(signal: SIGKILL)] })
  }

  @Test func changesDuringARunCauseOneMore() async throws {
    let gate = scratch.path.appending("gate")
    let runner = runner(
      "echo $WASMPRECOMPILE_CHANGED - $WASMPRECOMPILE_REMOVED >>\(out); until test -e \(gate); do sleep 0.01; done")
    runner.run(telling: ModuleChanges(changed: ["/1"]))
    runner.run(telling: ModuleChanges(changed: ["/2", "/4"], removed: ["/5"]))
    // What happened last is what counts.
    runner.run(telling: ModuleChanges(changed: ["/3", "/2", "/5"], removed: ["/4"]))
    runner.executor.queue.sync {}
    try Shell.write("", to: gate)
    await log.wait(until: { $0.count == 2 })
    await stop(runner)
    #expect(try lines() == ["/1 -", "/2 /3 /5 - /4"])
  }

  @Test func childHasDefaultSignalsItsOwnGroupAndNoInput() async throws {
    // What a program that handles its signals through Dispatch looks like to its children.
    signal(SIGUSR2, SIG_IGN)
    defer { signal(SIGUSR2, SIG_DFL) }
    let runner = runner(
      "grep -E '^Sig(Blk|Ign)' /proc/self/status >\(out); ps -o pgid= -p $$ >>\(out); echo $$ >>\(out); cat >>\(out)")
    runner.run(telling: ModuleChanges())
    await log.wait(until: { $0 == [.exited(0)] })
    let lines = try lines()
    // Signals from 32 on belong to the C library.
    #expect(lines.prefix(2).map { $0.suffix(7) } == ["0000000", "0000000"])
    #expect(lines.count == 4 && lines[2].filter(\.isNumber) == lines[3])
  }

  @Test func stopKillsTheWholeGroup() async throws {
    // The shell ignores SIGTERM, and has a child of its own.
    let runner = runner("trap '' TERM; sleep 1000 & echo $! >\(out).new; mv \(out).new \(out); wait; wait")
    runner.run(telling: ModuleChanges())
    while access(out.string, F_OK) != 0 { await Task.yield() }
    let child = try #require(pid_t(try lines()[0]))
    await stop(runner)
    #expect(log.elements == [], "that it was killed is no news")
    // An orphan is reaped by init, or the nearest subreaper, some time later.
    #expect(kill(child, 0) != 0 || state(of: child) == "Z")
    runner.run(telling: ModuleChanges())
    await stop(runner)
    #expect(log.elements == [])
  }

  private func state(of process: pid_t) -> String? {
    let status = try? Shell.read(FilePath("/proc/\(process)/stat"))
    return status?.split(separator: ")").last?.split(separator: " ").first.map(String.init)
  }
}
