import Foundation
import Glibc
import TestSupport
import Testing

/// Wrong usage, help, and output that nobody reads.
@Suite struct UsageTests {
  @Test func wrongUsageExitsWith64AndSaysHowToDoItRight() throws {
    try Sandbox.use { box in
      let usage = """
        Usage: wasmprecompile [<options>] <path> ...
          See 'wasmprecompile --help' for more information.

        """
      let timeout =
        "Error: The value '0' is invalid for '--timeout <seconds>': it must be a number of seconds above 0\nHelp:  --timeout <seconds>  How long one module may take. Default: 120.\n"
      for (arguments, message) in [
        (["--unheard-of", "x"], "Error: Unknown option '--unheard-of'\n" + usage),
        (["--jobs", "0", "x"], "Error: --jobs must be from 1 to 1024, not 0\n" + usage),
        (["--timeout", "0", "x"], timeout + usage),
        (["-q", "engines"], "Error: 'engines' is a subcommand: put it first, before its options\n" + usage),
        (["-v", "engines"], "Error: 'engines' is a subcommand: put it first, before its options\n" + usage),
        (["-q", "-v", "x"], "Error: --quiet goes with neither --verbose nor --explain\n" + usage),
        (["-q", "--explain", "x"], "Error: --quiet goes with neither --verbose nor --explain\n" + usage),
        (["--timeout", "nan", "x"], nil), (["--backend", "lvm", "x"], nil), (["--opt-level", "3", "x"], nil),
        (["--cpu", "mine", "x"], nil),
        (["-j", "many", "x"], nil), ([""], nil), (["path"], nil), (["hash"], nil),
        (["completions", "tcsh"], nil), (["cache", "paint"], nil),
      ] as [([Argument], String?)] {
        let run = try box.tool(arguments).run()
        #expect(run.ending == .exited(64), "\(arguments.map(\.text))")
        #expect(run.output == "")
        #expect(run.errors.hasPrefix("Error: ") && run.errors.contains("\nUsage: wasmprecompile "), "\(run.errors)")
        if let message { #expect(run.errors == message) }
      }
      #expect(!FileManager.default.fileExists(atPath: box.cache))
    }
  }

  @Test func whoeverDoesNotKnowTheWordsIsHelped() throws {
    try Sandbox.use { box in
      func errors(_ arguments: Argument...) throws -> String {
        let run = try box.tool(arguments).run()
        #expect(run.ending == .exited(64))
        #expect(run.output == "")
        return run.errors
      }
      #expect(
        try errors()
          == """
          wasmprecompile: error: nothing to precompile: name files or directories, or see `wasmprecompile --help`

          """)
      #expect(
        try errors("cach", "list")
          == "wasmprecompile: error: cach is neither a file nor a subcommand: did you mean cache?\n")
      #expect(
        try errors("insepct")
          == "wasmprecompile: error: insepct is neither a file nor a subcommand: did you mean inspect?\n")

      // What is there is taken, whatever it is called, and what is like no subcommand is a path.
      try box.write(WasmBinary.returning(1), to: "hsh")
      #expect(try box.succeed("hsh").errors.contains("compiled hsh with cranelift"))
      #expect(
        try box.tool("build").run().errorLines.first
          == "build: error: cannot open: no such file or directory, check the spelling")
    }
  }

  @Test func helpNamesEverySubcommand() throws {
    try Sandbox.use { box in
      let help = try box.succeed("--help")
      #expect(help.errors == "")
      for word in ["path", "hash", "engines", "cache", "completions", "--backend", "--timeout", "--exclude"] {
        #expect(help.output.contains(word))
      }
      #expect(!help.output.contains("compile-worker"))
      for subcommand in ["path", "hash", "engines", "cache", "completions"] {
        #expect(try box.succeed("help", "\(subcommand)").output.contains("USAGE: wasmprecompile \(subcommand)"))
      }
    }
  }

  @Test func versionNamesTheCommitAndTheEngine() throws {
    try Sandbox.use { box in
      let lines = try box.succeed("--version").outputLines
      try #require(lines.count == 3)
      #expect(lines[0].wholeMatch(of: #/wasmprecompile \d+\.\d+\.\d+/#) != nil, "\(lines)")
      #expect(lines[1].wholeMatch(of: #/commit  (unknown|[0-9a-f]{12}(-dirty)?)/#) != nil, "\(lines)")
      let build = try #require(lines[2].firstMatch(of: #/, build ([0-9a-f]{12})$/#)).1
      #expect(lines[2] == "engine  \(box.installedEngine) (installed beside wasmprecompile), build \(build)")
      #expect(try box.succeed("engines").output.contains(", build \(build), "))
      #expect(try box.succeed("path", "--version").outputLines == lines)
    }
  }

  @Test func completionsAreScriptsOfTheirShells() throws {
    try Sandbox.use { box in
      for (shell, start) in [("bash", "#!/bin/bash\n"), ("zsh", "#compdef wasmprecompile\n"), ("fish", "function ")] {
        let script = try box.succeed("completions", "\(shell)")
        #expect(script.output.hasPrefix(start), "\(shell)")
        #expect(script.output.contains("follow-links"))
        #expect(!script.output.contains("compile-worker"), "\(shell)")
        guard shell == "bash" else { continue }
        try box.write(script.output, to: "completions")
        #expect(try box.command("bash", ["-n", "completions"]).run().ending == .exited(0))
      }
    }
  }

  @Test func outputThatNobodyReadsIsNoReasonToFail() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      var ends: [Int32] = [-1, -1]
      #expect(pipe(&ends) == 0)
      for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
      close(ends[0])
      defer { close(ends[1]) }

      var hash = box.tool("hash", "1.wasm", "2.wasm")
      hash.output = ends[1]
      let hashed = try hash.run()
      #expect(hashed.ending == .exited(0))
      #expect(hashed.errors == "")

      var precompile = box.tool(".")
      precompile.errors = ends[1]
      #expect(try precompile.run().ending == .exited(0))
      #expect(box.engines.flatMap(box.entries).count == 3)
      #expect(box.temporaryFiles == [])
    }
  }

  @Test func closedStandardDescriptorsAreNotGivenToOtherFiles() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 30), to: "slow.wasm")
      let run = try box.tool("slow.wasm").wrapped(in: ["sh", "-c", "exec \"$0\" \"$@\" <&- >&- 2>&-"]).start()
      let child = try box.busyChild(of: run)
      kill(child, SIGSTOP)
      for number in 0...2 { #expect(Processes.file(of: run.id, descriptor: number) == "/dev/null") }
      kill(child, SIGCONT)
      #expect(run.wait().ending == .exited(0))
      #expect(try box.succeed("cache", "verify").output.masked == "1 entry, SIZE: all good\n")
    }
  }

  @Test func aTerminalGetsAStatusLineThatIsGoneInTheEnd() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      func onTerminal(_ kind: String, _ arguments: String) throws -> String {
        var command = box.command("script", ["-qec", "'\(box.executable)' \(arguments)", "/dev/null"])
        command.environment["TERM"] = kind
        command.environment["SHELL"] = "/bin/sh"
        let run = try command.run()
        #expect(run.ending == .exited(0))
        return run.output.replacing("\r\n", with: "\n")
      }
      let shown = try onTerminal("xterm", "--color never -j1 .")
      #expect(shown.hasPrefix("\r\u{1b}[K[                   ] 0/3, 1 running: ./1.wasm"), "\(shown)")
      #expect(shown.contains("\r\u{1b}[K[======             ] 1/3"), "\(shown)")
      // What remains when every rewritten line is taken away.
      let left = shown.replacing(#/[^\n]*\r\x1b\[K/#, with: "").masked
      #expect(
        left == """
          compiled ./1.wasm with cranelift, SIZE → SIZE, TIME
          compiled ./2.wasm with cranelift, SIZE → SIZE, TIME
          compiled ./3.wasm with cranelift, SIZE → SIZE, TIME
          3 modules: 3 compiled, 0 up to date (SIZE → SIZE in TIME)

          """)
      let dumb = try onTerminal("dumb", "--force .")
      #expect(!dumb.contains("\u{1b}"))
      #expect(try onTerminal("xterm", "--force -q .") == "")
    }
  }
}
