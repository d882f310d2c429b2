import Foundation
import TestSupport
import Testing

/// What was mistyped is named, and what was probably meant.
@Suite struct MistypedTests {
  /// The first line that a command line is refused with.
  private func complaint(_ arguments: [Argument], in box: Sandbox) throws -> String? {
    let run = try box.tool(arguments).run()
    #expect(run.ending == .exited(64), "\(arguments.map(\.text))")
    #expect(run.output == "", "\(arguments.map(\.text))")
    return run.errorLines.first
  }

  @Test func theNearestOptionIsNamedWhateverElseIsMissing() throws {
    try Sandbox.use { box in
      for (arguments, message) in [
        (["-V"], "Error: Unknown option '-V'. Did you mean '--version'?"),
        (["path", "--hlep"], "Error: Unknown option '--hlep'. Did you mean '--help'?"),
        (["--out", "x"], "Error: Unknown option '--out'. Did you mean '--output'?"),
        (["--cache-drr", "x", "y"], "Error: Unknown option '--cache-drr'. Did you mean '--cache-dir'?"),
        (["cache", "gc", "--max-szie=5G"], "Error: Unknown option '--max-szie'. Did you mean '--max-size'?"),
        (["--timeout", "-1", "--jbos", "2"], "Error: Unknown option '--jbos'. Did you mean '--jobs'?"),
        (["--unheard-of"], "Error: Unknown option '--unheard-of'"),
        (["path", "--", "--hlep", ""], "Error: The value '' is invalid for '<module>'"),
        (["run", "--ivoke", "f"], "Error: Unknown option '--ivoke'. Did you mean '--invoke'?"),
      ] as [([Argument], String)] {
        let line = try complaint(arguments, in: box)
        #expect(line == message, "\(arguments.map(\.text))")
      }
    }
  }

  @Test func theNearestSubcommandIsNamedWhereverItWasMistyped() throws {
    try Sandbox.use { box in
      for (word, meant) in [
        ("stats", "cache stats"), ("list", "cache list"), ("clean", "cache clear"), ("gc", "cache gc"),
        ("verify", "cache verify"), ("show", "config show"),
      ] {
        #expect(
          try complaint(["\(word)"], in: box)
            == "wasmprecompile: error: \(word) is neither a file nor a subcommand: did you mean \(meant)?")
      }
      for (arguments, message) in [
        (["cache", "lst"], "Error: Unknown subcommand 'lst'. Did you mean 'list'?"),
        (["config", "shwo"], "Error: Unknown subcommand 'shwo'. Did you mean 'show'?"),
        (
          ["cache", "paint"],
          "Error: Unknown subcommand 'paint'. There are dir, key, list, stats, gc, clear, verify, sign, attest."
        ),
        (["help", "pth"], "wasmprecompile: error: pth is no subcommand: did you mean path?"),
        (["help", "cache", "lst"], "wasmprecompile: error: lst is no subcommand: did you mean cache list?"),
        (
          ["help", "zzzz"],
          "wasmprecompile: error: zzzz is no subcommand: there are path, run, hash, inspect, engines, cache, keys, remote, "
            + "config, completions"
        ),
        (["help", "path", "x"], "wasmprecompile: error: path has no subcommands: see `wasmprecompile help path`"),
      ] as [([Argument], String)] {
        #expect(try complaint(arguments, in: box) == message)
      }
      // A file of that name is taken.
      try box.write(WasmBinary.returning(1), to: "stats")
      #expect(try box.succeed("stats").errors.contains("compiled stats with cranelift"))
    }
  }

  @Test func whatAValueMustBeIsSaid() throws {
    try Sandbox.use { box in
      for (arguments, message) in [
        (["--timeout", "0", "x"], "'0' is invalid for '--timeout <seconds>': it must be a number of seconds above 0"),
        (
          ["cache", "gc", "--max-size", "5"],
          "'5' is invalid for '--max-size <size>': it must be a size such as 500M or 5Gi, or none"
        ),
        (
          ["--max-module", "2043", "x"],
          "'2043' is invalid for '--max-module <size>': it must be a size such as 500M or 5Gi"
        ),
        (
          ["cache", "gc", "--max-age", "5"],
          "'5' is invalid for '--max-age <time>': it must be a time such as 30d, 12h or 2w"
        ),
        (
          ["cache", "gc", "--min-free", "5"],
          "'5' is invalid for '--min-free <part>': it must be a part such as 10%, or a size such as 5G"
        ),
        (
          ["--timeout", "-1", "x"], "'-1' is invalid for '--timeout <seconds>': it must be a number of seconds above 0"
        ),
        (["-j", "-2", "x"], "'-2' is invalid for '--jobs <n>': it must be a number from 1 to 1024"),
        (
          ["path", "--max-module", "-5M", "x"],
          "'-5M' is invalid for '--max-module <size>': it must be a size such as 500M or 5Gi"
        ),
        (
          ["cache", "gc", "--max-age", "-3d"],
          "'-3d' is invalid for '--max-age <time>': it must be a time such as 30d, 12h or 2w"
        ),
      ] as [([Argument], String)] {
        #expect(try complaint(arguments, in: box) == "Error: The value \(message)")
      }
      var command = box.tool("x")
      command.environment["WASMPRECOMPILE_MAX_SIZE"] = "5"
      let run = try command.run()
      #expect(
        run.errors
          == "wasmprecompile: error: WASMPRECOMPILE_MAX_SIZE: must be a size such as 500M or 5Gi, or none, not '5'\n")
    }
  }

  @Test func misspelledVariablesAreNamed() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("one.wasm")
      var command = box.tool("one.wasm")
      command.environment.merge(
        [
          "WASMPRECOMPILE_CACHEDIR": "x", "WASMPRECOMPILE_JOB": "3", "WASMPRECOMPILE_CACHE": "x",
          "WASMPRECOMPILE_CHANGED": "one.wasm", "WASMPRECOMPILE_OF_SOMEBODY_ELSE": "x",
        ]) { $1 }
      let run = try command.run()
      #expect(run.ending == .exited(0))
      #expect(
        run.errors.masked
          == """
          wasmprecompile: warning: WASMPRECOMPILE_CACHE is no setting: did you mean WASMPRECOMPILE_CACHE_DIR?
          wasmprecompile: warning: WASMPRECOMPILE_CACHEDIR is no setting: did you mean WASMPRECOMPILE_CACHE_DIR?
          wasmprecompile: warning: WASMPRECOMPILE_JOB is no setting: did you mean WASMPRECOMPILE_JOBS?
          1 module: nothing to compile, all up to date (TIME)

          """)
    }
  }

  @Test func anInvokeAfterTheModuleIsTold() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      #expect(
        try complaint(["run", "one.wasm", "--invoke", "value"], in: box)
          == "one.wasm: error: is not a program, and --invoke after it is the program's: put --invoke before the module"
      )
    }
  }

  @Test func programsAreToldOfWrongUsage() throws {
    try Sandbox.use { box in
      for (arguments, command, message) in [
        (["--format", "json", "--jbos", "3"], "precompile", "Unknown option '--jbos'. Did you mean '--jobs'?"),
        (["cache", "lst", "--format=json"], "cache", "Unknown subcommand 'lst'. Did you mean 'list'?"),
        (
          ["stats", "--format", "json"], "precompile",
          "stats is neither a file nor a subcommand: did you mean cache stats?"
        ),
      ] as [([Argument], String, String)] {
        let run = try box.tool(arguments).run()
        #expect(run.ending == .exited(64))
        let lines = try MachineOutput(run.output, last: "failure", in: box)
        #expect(lines.types == ["start", "failure"])
        #expect(lines.objects.first?["command"] as? String == command)
        #expect(lines.objects.last?["message"] as? String == message)
        #expect(lines.objects.last?["exit_status"] as? Int == 64)
        #expect(run.errors.contains(message), "\(run.errors)")
      }
    }
  }
}
