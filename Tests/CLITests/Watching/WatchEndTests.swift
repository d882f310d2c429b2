import Foundation
import Glibc
import TestSupport
import Testing

/// A watcher ends with what it was started for, and everything that it started ends with it.
@Suite struct WatchEndTests {
  /// A command that leaves a server behind, which ignores what it can.
  private static let server: Argument = """
    (trap '' TERM HUP INT; echo >> servers; sleep 1000; :) & setsid sleep 1000 &
    """

  private func expectServers(_ box: Sandbox, _ location: SourceLocation = #_sourceLocation) {
    let run = eventually {
      Processes.marked(box.mark).count { Processes.commandLine($0).contains("sleep 1000") } >= 2
    }
    #expect(run, "\(Processes.marked(box.mark).map(Processes.commandLine))", sourceLocation: location)
  }

  // `Sandbox.use` waits for all of them to be gone.

  @Test func aCommandThatRunsEndsWithTheWatcher() throws {
    try Sandbox.use { box in
      let watcher = try Watcher(in: box, "--exec", "trap '' TERM; sleep 1000 & sleep 1000 & wait; wait", modules: 0)
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      expectServers(box)
      watcher.stop()
    }
  }

  @Test func whatACommandHasLeftBehindEndsWithTheWatcher() throws {
    try Sandbox.use { box in
      let watcher = try Watcher(in: box, "--exec", Self.server, modules: 0)
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      expectServers(box)
      watcher.stop()
    }
  }

  @Test func whatACommandHasStartedEndsThoughTheWatcherIsKilled() throws {
    try Sandbox.use { box in
      let watcher = try Watcher(in: box, "--exec", Self.server, modules: 0)
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      expectServers(box)
      watcher.command.send(SIGKILL)
      #expect(watcher.command.wait().ending == .signalled(SIGKILL))
    }
  }

  /// As with `| head -1`.
  @Test func endsWhenItsReaderIsGone() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "tree/\(number).wasm") }
      let pipe = Pipe()
      // No program inherits it, the watcher neither.
      for end in [pipe.fileHandleForReading, pipe.fileHandleForWriting] {
        try #require(fcntl(end.fileDescriptor, F_SETFD, FD_CLOEXEC) == 0)
      }
      var tool = box.tool("--watch", "--backend", "winch", "--format", "json", "--exec", Self.server, "tree")
      tool.output = pipe.fileHandleForWriting.fileDescriptor
      let watch = try tool.start()
      pipe.fileHandleForWriting.closeFile()
      expectServers(box)
      pipe.fileHandleForReading.closeFile()
      #expect(watch.wait().ending == .signalled(SIGPIPE))
    }
  }

  /// A terminal with a watcher on it, which is closed when the servers of its command run.
  private static let terminal = """
    import os, pty, sys, time

    process, terminal = pty.fork()
    if process == 0: os.execvp(sys.argv[1], sys.argv[1:])
    while not os.path.exists("servers"): time.sleep(0.01)
    os.close(terminal)
    _, status = os.waitpid(process, 0)
    print("signal", os.WTERMSIG(status))
    """

  @Test func endsWhenItsTerminalIsClosed() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let tool = box.tool("--watch", "--backend", "winch", "--exec", Self.server, "tree").wrapped(in: [
        "python3", "-c", Argument(Self.terminal),
      ])
      let result = try tool.run()
      #expect(result.output == "signal \(SIGHUP)\n", "\(result.errors)")
    }
  }

  /// The command is in the background of the terminal, where reading from it would stop the command for ever.
  @Test func aCommandThatReadsTheTerminalIsToldThatThereIsNone() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      let command: Argument = "echo >> servers; read x </dev/tty; echo ended >> servers; exit 3"
      let script = Self.terminal.replacing(
        "while not os.path.exists(\"servers\")", with: "while b\"status 3\" not in os.read(terminal, 10000)")
      let tool = box.tool("--watch", "--backend", "winch", "--exec", command, "tree").wrapped(in: [
        "python3", "-c", Argument(script),
      ])
      let result = try tool.run()
      #expect(result.output == "signal \(SIGHUP)\n", "\(result.errors)")
      #expect(try String(contentsOfFile: box.work + "/servers", encoding: .utf8).hasSuffix("\nended\n"))
    }
  }

  @Test func restartsAServerThatWouldNotEnd() throws {
    try Sandbox.use { box in
      func starts() -> Int { ((try? String(contentsOfFile: box.work + "/log", encoding: .utf8)) ?? "").lines.count }
      let server: Argument = "echo $WASMPRECOMPILE_CHANGED >> log; sleep 1000"
      let watcher = try Watcher(in: box, "--exec", server, "--restart", modules: 0)
      for number in 1...3 {
        try box.write(WasmBinary.returning(number), to: "tree/a.wasm")
        #expect(eventually { starts() == number })
      }
      let result = watcher.stop()
      #expect(!result.errors.contains("--exec"), "\(result.errors)")
    }
  }

  /// A watcher that ends while a server has three seconds left to do so does not wait for it.
  @Test func aSecondWordShortensTheTimeToEnd() throws {
    let script = """
      import socket, struct, subprocess, sys

      ours, given = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
      tool = subprocess.Popen(
          [sys.argv[1], "command-supervisor", str(given.fileno())], pass_fds=[given.fileno()], stdout=subprocess.PIPE)
      given.close()
      ours.send(b"trap 'echo told' TERM; echo ready; while :; do sleep 1000 & wait; done")
      assert tool.stdout.readline() == b"ready\\n"
      for milliseconds in 3_600_000, 1:
          ours.send(b"\\0" + struct.pack("<i", milliseconds))
          if milliseconds > 1: assert tool.stdout.readline() == b"told\\n"
      # An hour would be too long.
      ours.settimeout(300)
      print(ours.recv(64)[:2], tool.wait())
      """
    try Sandbox.use { box in
      let run = try box.command("python3", ["-c", Argument(script), Argument(box.executable)]).run()
      #expect(run.output == "b'\\x04\\t' 0\n", "\(run.errors)")
    }
  }

  @Test func saysThatACommandStillRuns() throws {
    try Sandbox.use { box in
      let watcher = try Watcher(in: box, "--exec", "echo >> log; sleep 1000", modules: 0)
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      #expect(eventually { access(box.work + "/log", F_OK) == 0 })
      try box.write(WasmBinary.returning(2), to: "tree/a.wasm")
      watcher.expect(
        "note: --exec: the command still runs, and is run again when it has ended; --restart ends it first")
      watcher.stop()
    }
  }
}
