import Foundation
import Glibc
import TestSupport
import Testing

/// What is shown on a terminal while something takes long, by a run and by a watcher.
@Suite struct WatchTerminalTests {
  /// A terminal with a program on it, which is interrupted when everything that is waited for was seen, one after the other.
  /// After the first the terminal becomes narrow, and the program is stopped and goes on.
  private static let terminal = """
    import fcntl, os, pty, re, signal, struct, sys, termios

    def resize(columns): fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))

    ready, go = os.pipe()
    process, terminal = pty.fork()
    if process == 0:
        os.read(ready, 1)
        os.execvp(sys.argv[2], sys.argv[2:])
    resize(100)
    os.write(go, b"x")
    seen = position = 0
    seen = b""
    for number, pattern in enumerate(sys.argv[1].split("|")):
        while True:
            found = re.compile(pattern.encode()).search(seen, position)
            if found: break
            data = os.read(terminal, 100000)
            seen += data
        position = found.end()
        if number == 0:
            resize(40)
            os.kill(process, signal.SIGSTOP)
            os.kill(process, signal.SIGCONT)
    os.kill(process, signal.SIGINT)
    try:
        while True:
            data = os.read(terminal, 100000)
            if not data: break
            seen += data
    except OSError: pass
    os.waitpid(process, 0)
    sys.stdout.buffer.write(seen)
    """

  private func onTerminal(_ command: Command, until patterns: String...) throws -> String {
    var command = command.wrapped(in: [
      "python3", "-c", Argument(Self.terminal), Argument(patterns.joined(separator: "|")),
    ])
    command.environment["TERM"] = "xterm"
    let result = try command.run()
    #expect(result.ending == .exited(0), "\(result.errors)")
    return result.output
  }

  @Test func theStatusLineOfARunMovesThoughNothingHappens() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 400), to: "bomb.wasm")
      let output = try onTerminal(
        box.tool("bomb.wasm"), until: #"0/1, 1 running, [1-9] s: bomb.wasm \([1-9] s\)"#, #"\r\x1b\[K.{,39}\r"#)
      #expect(output.contains("interrupted: "), "\(output)")
    }
  }

  @Test func aWatcherIsNotMuteWhileItCompiles() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      try box.write(WasmBinary.bomb(depth: 400), to: "tree/bomb.wasm")
      let output = try onTerminal(
        box.tool("--watch", "-j2", "--clear", "tree"),
        until: #"\d\d:\d\d:\d\d [^ ]*compiled[^ ]* tree/a.wasm with cranelift"#,
        #"1/2, 1 running, \d+ s"#)
      #expect(!output.contains("ready"), "\(output)")
    }
  }

  /// A terminal with a shell on it, of which ^Z is typed as soon as the command of --exec has told its process, and `fg` when that
  /// is stopped, too.
  private static let shell = """
    import os, pty, signal, sys, time

    def state():
        try:
            with open("pid") as file: number = file.read().strip()
            with open(f"/proc/{number}/stat") as file: return file.read().rpartition(")")[2].split()[0]
        except (OSError, IndexError): return "?"

    def wait(wanted):
        while not wanted(state()): time.sleep(0.01)

    process, terminal = pty.fork()
    if process == 0:
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        child = os.fork()
        if child == 0:
            os.setpgid(0, 0)
            os.tcsetpgrp(0, os.getpgrp())
            signal.signal(signal.SIGTTOU, signal.SIG_DFL)
            os.execvp(sys.argv[1], sys.argv[1:])
        _, status = os.waitpid(child, os.WUNTRACED)
        print("STOPPED" if os.WIFSTOPPED(status) else "ENDED", flush=True)
        os.tcsetpgrp(0, os.getpgrp())
        input()
        os.tcsetpgrp(0, child)
        os.killpg(child, signal.SIGCONT)
        os.waitpid(child, 0)
        os._exit(0)
    wait(lambda state: state in "SR")
    os.write(terminal, b"\\x1a")
    wait(lambda state: state == "T")
    os.write(terminal, b"fg\\n")
    wait(lambda state: state in "SR")
    os.write(terminal, b"\\x03")
    seen = b""
    try:
        while True:
            data = os.read(terminal, 100000)
            if not data: break
            seen += data
    except OSError: pass
    os.waitpid(process, 0)
    sys.stdout.buffer.write(seen)
    """

  @Test func whatIsSuspendedWithTheWatcherGoesOnWithIt() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/a.wasm")
      var command = box.tool("--watch", "--exec", "echo $$ > pid; while :; do sleep 0.01; done", "tree")
        .wrapped(in: ["python3", "-c", Argument(Self.shell)])
      command.environment["TERM"] = "xterm"
      let result = try command.run()
      #expect(result.ending == .exited(0), "\(result.errors)")
      #expect(result.output.contains("STOPPED"), "\(result.output)")
      #expect(!result.output.contains("by signal"), "\(result.output)")
    }
  }

  @Test func anErrorsTimeStandsBehindIt() throws {
    try Sandbox.use { box in
      try box.write("(module)", to: "tree/text.wasm")
      let output = try onTerminal(
        box.tool("--watch", "tree"),
        until: #"tree/text.wasm.*error.* convert it with `wat2wasm` \(\d\d:\d\d:\d\d\)"#)
      #expect(output.contains("error"))
    }
  }
}
