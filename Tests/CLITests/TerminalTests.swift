import Foundation
import Glibc
import TestSupport
import Testing

/// What is shown on a terminal, and that nothing of it reaches anything else.
@Suite struct TerminalTests {
  /// Runs a command on a terminal of its own, until it ends.
  ///
  /// - Parameter resized: the width from the second status line on.
  /// - Returns: every byte that came.
  private func onTerminal(_ command: Command, columns: Int, resized: Int? = nil) throws -> String {
    var command = command.wrapped(in: ["python3", "-c", Argument(Self.terminal), "\(columns)", "\(resized ?? columns)"])
    if command.environment["TERM"] == nil { command.environment["TERM"] = "xterm" }
    let result = try command.run()
    #expect(result.ending == .exited(0), "\(result.errors)")
    return result.output
  }

  /// A terminal with a program on it; the status line is drawn once before it is resized.
  private static let terminal = """
    import fcntl, os, pty, struct, sys, termios

    def resize(columns): fcntl.ioctl(terminal, termios.TIOCSWINSZ, struct.pack("HHHH", 24, int(columns), 0, 0))

    ready, go = os.pipe()
    process, terminal = pty.fork()
    if process == 0:
        os.read(ready, 1)
        os.execvp(sys.argv[3], sys.argv[3:])
    resize(sys.argv[1])
    os.write(go, b"x")
    seen = b""
    try:
        while True:
            data = os.read(terminal, 100000)
            if not data: break
            if b"running" in data and b"running" not in seen: resize(sys.argv[2])
            seen += data
    except OSError: pass
    os.waitpid(process, 0)
    sys.stdout.buffer.write(seen)
    """

  /// What each status line that was drawn says.
  private func statusLines(_ output: String) -> [String] {
    output.components(separatedBy: "\r\u{1b}[K").dropFirst().map { $0.prefix { $0 != "\r\n" && $0 != "\n" } }
      .map(String.init).filter { $0.contains("/") && !$0.contains("compiled") && !$0.contains("modules") }
  }

  /// Columns as Python's tables have them.
  private func widths(_ lines: [String], in box: Sandbox) throws -> [Int] {
    try box.write(lines.joined(separator: "\n"), to: "../widths")
    let script = """
      import unicodedata
      for line in open("../widths", encoding="utf-8").read().split("\\n"):
          print(sum(2 if unicodedata.east_asian_width(c) in "WF" else not unicodedata.combining(c) for c in line))
      """
    return try box.command("python3", ["-c", Argument(script)]).run().outputLines.compactMap { Int($0) }
  }

  @Test(arguments: [20, 80, 400]) func theStatusLineFitsTheTerminal(columns: Int) throws {
    try Sandbox.use { box in
      for number in 1...4 { try box.write(WasmBinary.returning(number), to: "目录/很长的模块名字/e\u{301}\(number).wasm") }
      let output = try onTerminal(box.tool("目录"), columns: columns)
      let lines = statusLines(output)
      #expect(!lines.isEmpty, "\(output)")
      #expect(try widths(lines, in: box).allSatisfy { $0 < columns }, "\(lines)")
      if columns == 400 {
        #expect(lines.contains { $0.hasPrefix("[") && $0.contains("running: 目录/很长的模块名字/") }, "\(lines)")
      }
      if columns == 20 { #expect(lines.contains { $0.hasPrefix("0/4, 1 running") }, "\(lines)") }
      // Nothing of it is left over.
      let last = output.components(separatedBy: "\r\u{1b}[K").last ?? ""
      #expect(
        last.masked.wholeMatch(
          of: #/(.* 目录/.*\r\n)*4 modules: 4 compiled, 0 up to date \(SIZE → SIZE in TIME\)\r\n/#) != nil, "\(last)")
      #expect(output.contains("\u{1b}[32mcompiled\u{1b}[0m 目录/"))
    }
  }

  @Test func theStatusLineFollowsTheTerminalsWidth() throws {
    try Sandbox.use { box in
      for number in 1...3 {
        try box.write(WasmBinary.bomb(depth: 10 + number), to: "a/rather/long/name/of/a/module/\(number).wasm")
      }
      let output = try onTerminal(box.tool("-j1", "a"), columns: 100, resized: 20)
      let widths = try widths(statusLines(output), in: box)
      #expect((widths.first ?? 0) > 20, "\(output)")
      #expect((widths.last ?? 100) < 20, "\(output)")
    }
  }

  /// A cold run may take minutes.
  @Test func underASilentMakeTheStatusLineIsAllThatIsShown() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      var command = box.tool("-j", "1", ".")
      command.environment["MAKEFLAGS"] = "s"
      let shown = try onTerminal(command, columns: 80)
      #expect(!statusLines(shown).isEmpty, "\(shown)")
      #expect(!shown.contains("compiled"))
      try box.removeCache()
      var quiet = box.tool("-q", "-j", "1", ".")
      quiet.environment["MAKEFLAGS"] = "s"
      #expect(try onTerminal(quiet, columns: 80) == "")
    }
  }

  @Test func aListFitsTheTerminal() throws {
    try Sandbox.use { box in
      let name = String(repeating: "long/", count: 12) + "a.wasm"
      try box.write(WasmBinary.returning(1), to: name)
      try box.succeed(".")
      let narrow = try onTerminal(box.tool("cache", "list"), columns: 80).replacing("\r\n", with: "\n").lines
      #expect(narrow.allSatisfy { $0.unicodeScalars.count < 80 } && narrow[1].hasPrefix("…"), "\(narrow)")
      #expect(narrow[1].contains("/a.wasm  "), "\(narrow)")
      #expect(try box.succeed("cache", "list").outputLines[1].hasPrefix("\(box.work)/\(name)"))
    }
  }

  @Test func aDumbTerminalGetsPlainLines() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      var tool = box.tool("one.wasm")
      tool.environment["TERM"] = "dumb"
      let output = try onTerminal(tool, columns: 80)
      #expect(
        output.masked.replacing("\r\n", with: "\n") == """
          compiled one.wasm with cranelift, SIZE → SIZE, TIME
          1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)

          """)
    }
  }

  @Test func colourIsAskedForInOrder() throws {
    try Sandbox.use { box in
      try box.write("(module)", to: "text.wasm")
      let plain = "text.wasm: error: is WebAssembly text, not binary: convert it with `wat2wasm`"
      let red = "\u{1b}[1mtext.wasm\u{1b}[0m: \u{1b}[1;31merror:\u{1b}[0m is WebAssembly text"
      func first(_ variables: [String: String] = [:], _ arguments: Argument...) throws -> String {
        var tool = box.tool(arguments + ["text.wasm"])
        tool.environment.merge(variables) { $1 }
        return try tool.run().errorLines.first ?? ""
      }
      #expect(try first() == plain)
      #expect(try first(["CLICOLOR": "1"]) == plain)
      #expect(try first(["CLICOLOR_FORCE": "1"]).hasPrefix(red))
      #expect(try first(["CLICOLOR_FORCE": "1", "NO_COLOR": "x"]) == plain)
      #expect(try first(["NO_COLOR": "x"], "--color", "always").hasPrefix(red))
      #expect(try first(["CLICOLOR_FORCE": "1"], "--color", "never") == plain)
      #expect(try first(["WASMPRECOMPILE_COLOR": "always"]).hasPrefix(red))

      var terminal = box.tool("--color", "auto", "missing.wasm", "text.wasm").wrapped(in: [
        "sh", "-c", "\"$@\"; true", "sh",
      ])
      #expect(try onTerminal(terminal, columns: 80).contains("\u{1b}[1;31merror:\u{1b}[0m"))
      terminal.environment["NO_COLOR"] = "1"
      #expect(try !onTerminal(terminal, columns: 80).contains("[1;31m"))
      terminal.environment["NO_COLOR"] = ""
      terminal.environment["CLICOLOR"] = "0"
      #expect(try !onTerminal(terminal, columns: 80).contains("[1;31m"))
    }
  }

  /// Whatever a file is called and an engine says, and however much is asked for.
  @Test func noEscapeSequenceReachesAPipe() throws {
    try Sandbox.use { box in
      for (number, name) in ["a\u{1b}[31m", "b\u{9b}31m", "c\u{7}", "d\r"].enumerated() {
        try box.write(WasmBinary.returning(number), to: "tree/\(name).wasm")
        try box.write("(module)", to: "tree/\(name)text.wasm")
      }
      try box.write(WasmBinary.invalid, to: "tree/\u{1b}]0;title\u{7}.wasm")
      for arguments in [["-v", "--explain"], ["-n"], ["--format", "json"], ["-q"]] as [[Argument]] {
        var tool = box.tool(arguments + ["--force", "tree"])
        tool.environment["TERM"] = "xterm-256color"
        let result = try tool.run()
        for text in [result.output, result.errors] {
          #expect(!text.unicodeScalars.contains { $0.value < 0x20 && $0 != "\n" || (0x7f...0x9f).contains($0.value) })
        }
      }
    }
  }
}
