import Dispatch
import Glibc
import SystemPackage
import TestSupport
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

  private func runner(
    _ text: String, _ change: (inout ExecRunner.Command) -> Void = { _ in }
  ) throws -> ExecRunner {
    var command = ExecRunner.Command(text)
    // The tests' own executable knows no such subcommand.
    command.supervisor = try BuiltExecutable.path().string
    change(&command)
    return ExecRunner(command) { [log] in log.append($0) }
  }

  private func stop(_ runner: ExecRunner) async {
    await withCheckedContinuation { continuation in runner.stop { continuation.resume() } }
  }

  private func lines() throws -> [String] {
    try Shell.read(out).split(separator: "\n").map(String.init)
  }

  @Test func changedModulesAreInTheEnvironment() async throws {
    let runner = try runner(
      """
      printf '%s:%s, %s:%s' "$WASMPRECOMPILE_CHANGED_COUNT" "$WASMPRECOMPILE_CHANGED" \\
        "$WASMPRECOMPILE_REMOVED_COUNT" "$WASMPRECOMPILE_REMOVED" >\(out)
      """)
    runner.run(telling: ModuleChanges(changed: ["/a b.wasm", "/c'd.wasm"], removed: ["/e.wasm"]))
    await log.wait(until: { $0 == [.exited(0)] })
    #expect(try Shell.read(out) == "2:/a b.wasm\n/c'd.wasm, 1:/e.wasm")
  }

  @Test func listTooLongForTheKernelIsLeftOut() async throws {
    let runner = try runner("echo $WASMPRECOMPILE_CHANGED_COUNT ${WASMPRECOMPILE_CHANGED-none} >\(out)")
    let paths = (0..<10_000).map { FilePath("/a/rather/long/path/to/some/module/\($0).wasm") }
    runner.run(telling: ModuleChanges(changed: Set(paths)))
    await log.wait(until: { $0 == [.exited(0)] })
    #expect(try lines() == ["10000 none"])
  }

  @Test func statusIsReported() async throws {
    try runner("exit 7").run(telling: ModuleChanges())
    await log.wait(until: { $0 == [.exited(7)] })
    try runner("kill -KILL $$").run(telling: ModuleChanges())
    await log.wait(until: { $0 == [.exited(7), .killed(signal: SIGKILL)] })
  }

  @Test func changesDuringARunCauseOneMore() async throws {
    let gate = scratch.path.appending("gate")
    let runner = try runner(
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
    let runner = try runner(
      "grep -E '^Sig(Blk|Ign)' /proc/self/status >\(out); ps -o pgid= -p $$ >>\(out); echo $$ >>\(out); cat >>\(out)")
    runner.run(telling: ModuleChanges())
    await log.wait(until: { $0 == [.exited(0)] })
    let lines = try lines()
    // Signals from 32 on belong to the C library.
    #expect(lines.prefix(2).map { $0.suffix(7) } == ["0000000", "0000000"])
    #expect(lines.count == 4 && lines[2].filter(\.isNumber) == lines[3])
  }

  /// The number that the command wrote, of a process that it has started.
  private func written() async throws -> pid_t {
    while access(out.string, F_OK) != 0 { await Task.yield() }
    defer { try? Shell.rm(out) }
    return try #require(pid_t(try lines()[0]))
  }

  /// Writes its number when it ignores signals, and goes on for as long as anything does.
  private var stubborn: String {
    "(trap '' TERM HUP; sh -c 'echo $PPID' >\(out).new; mv \(out).new \(out); sleep 1000; :)"
  }

  @Test(arguments: ["$0 & wait; wait", "$0 &", "setsid sh -c \"$0\" &"])
  func stopEndsEverythingThatTheCommandHasStarted(how: String) async throws {
    let runner = try runner(how.replacing("$0", with: stubborn))
    runner.run(telling: ModuleChanges())
    let child = try await written()
    await stop(runner)
    #expect(isGone(child))
    #expect(log.elements.filter { $0 != .exited(0) } == [], "that it was killed is no news")
    runner.run(telling: ModuleChanges())
    await stop(runner)
    #expect(!FilePath.exists(out))
  }

  @Test func whatAnEarlierRunHasLeftEndsWithTheRunner() async throws {
    let runner = try runner("sleep 1000 & echo $! >\(out).new; mv \(out).new \(out)")
    var children: [pid_t] = []
    for number in 1...2 {
      runner.run(telling: ModuleChanges())
      children.append(try await written())
      await log.wait(until: { $0.count == number })
    }
    for child in children { #expect(kill(child, 0) == 0) }
    await stop(runner)
    for child in children { #expect(isGone(child)) }
  }

  @Test(arguments: ["$0", "$0 &"]) func restartEndsTheRunBeforeTheNext(how: String) async throws {
    let runner = try runner(
      how.replacing("$0", with: "{ echo $$ >\(out).new; mv \(out).new \(out); exec sleep 1000; }")
    ) {
      $0.restarts = true
    }
    runner.run(telling: ModuleChanges())
    _ = try await written()
    runner.run(telling: ModuleChanges())
    _ = try await written()
    await stop(runner)
    #expect(log.elements.filter { $0 != .exited(0) } == [])
  }

  @Test func aRunThatGoesOnIsToldOnce() async throws {
    let gate = scratch.path.appending("gate")
    let runner = try runner("until test -e \(gate); do sleep 0.01; done") { $0.patience = .milliseconds(1) }
    runner.run(telling: ModuleChanges())
    runner.run(telling: ModuleChanges())
    await log.wait(until: { $0 == [.stillRunning] })
    runner.run(telling: ModuleChanges())
    runner.executor.queue.sync {}
    try Shell.write("", to: gate)
    await log.wait(until: { $0.count { $0 == .exited(0) } == 2 })
    await stop(runner)
    #expect(log.elements == [.stillRunning, .exited(0), .exited(0)])
  }

  @Test func aStoppedCommandIsTold() async throws {
    let runner = try runner("kill -STOP $$")
    runner.run(telling: ModuleChanges())
    await log.wait(until: { $0 == [.stopped(signal: SIGSTOP)] })
    await stop(runner)
    #expect(log.elements.count == 1)
  }

  /// There is no terminal to be had, so that nothing is stopped for reading one.
  @Test func theCommandHasNoTerminal() async throws {
    let runner = try runner(": </dev/tty && echo terminal >\(out)")
    runner.run(telling: ModuleChanges())
    await log.wait(until: { $0.count == 1 })
    #expect(!FilePath.exists(out))
  }

  /// An orphan is reaped by init, or the nearest subreaper, some time later.
  private func isGone(_ process: pid_t) -> Bool { kill(process, 0) != 0 || state(of: process) == "Z" }

  private func state(of process: pid_t) -> String? {
    let status = try? Shell.read(FilePath("/proc/\(process)/stat"))
    return status?.split(separator: ")").last?.split(separator: " ").first.map(String.init)
  }
}

extension FilePath {
  fileprivate static func exists(_ path: FilePath) -> Bool { access(path.string, F_OK) == 0 }
}
