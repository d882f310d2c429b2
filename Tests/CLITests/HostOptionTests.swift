import TestSupport
import Testing

/// Settings of hosts' engines on the command line, word for word.
@Suite struct HostOptionTests {
  /// What a user reads, but for where to read more.
  private func refusal(_ arguments: [Argument], in box: Sandbox, status: Int32 = 64) throws -> String {
    let run = try box.tool(arguments).run()
    #expect(run.ending == .exited(status) && run.output == "", "\(run.output)")
    return try #require(run.errorLines.first)
  }

  @Test(arguments: [
    (
      "-W", "epoch-interuption",
      "there is no setting “epoch-interuption” among those of -W: did you mean epoch-interruption?"
    ),
    ("-W", "threds=n", "there is no setting “threds” among those of -W: did you mean threads?"),
    ("-W", "memory-reservation=0", "there is no setting “memory-reservation” among those of -W: it is one of -O"),
    ("-O", "threads", "there is no setting “threads” among those of -O: it is one of -W"),
    ("-C", "opt-level=0", "there is no setting “opt-level” among those of -C: it is one of -O"),
    ("-D", "nothing-like-it", "there is no setting “nothing-like-it” among those of -D; -D help lists them"),
    (
      "-W", "all-proposals",
      "there is no setting “all-proposals” among those of -W: name each proposal that modules need beyond the usual ones, as in "
        + "-W gc,stack-switching"
    ),
    ("-W", "threads=maybe", "the setting threads must be y or n, not “maybe”"),
    ("-W", "threads,fuel=x", "the setting fuel must be a number, not “x”"),
    ("-O", "memory-reservation", "the setting memory-reservation must be a number"),
    ("-O", "memory-guard-size=-1", "the setting memory-guard-size must be a number, not “-1”"),
    ("-C", "collector=x", "the setting collector must be auto, drc, null, copying, not “x”"),
    ("-C", "compiler=llvm", "the setting compiler must be cranelift, winch, pulley, not “llvm”"),
  ]) func whatCannotBeSetIsRefused(option: String, setting: String, message: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      #expect(try refusal([.init(option), .init(setting), "a.wasm"], in: box) == "Error: \(option): \(message)")
      #expect(box.engines == [])
    }
  }

  @Test func whatOnlyARustHostCanHaveIsRefused() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      let advice = ": use --backend wasmtime-cli, with the `wasmtime` command of the host's release on PATH"
      #expect(
        try refusal(["-W", "threads=n,wmemcheck", "a.wasm"], in: box)
          == "wasmprecompile: error: -W: only a Rust host can have wmemcheck=true, and libwasmtime's C API always has false"
          + advice)
      #expect(
        try refusal(["-O", "gc-heap-guard-size=0", "a.wasm"], in: box)
          == "wasmprecompile: error: -O: only a Rust host can have gc-heap-guard-size=0, and libwasmtime's C API always has "
          + "33554432, as memory-guard-size" + advice)
      var tool = box.tool("a.wasm")
      tool.environment["WASMPRECOMPILE_DEBUG"] = "guest-debug"
      #expect(
        try tool.run().errorLines.first
          == "wasmprecompile: error: WASMPRECOMPILE_DEBUG: only a Rust host can have guest-debug=true, and libwasmtime's C API "
          + "always has false" + advice)
      #expect(box.engines == [])
    }
  }

  /// wasmtime takes a setting with its option in one word, too.
  @Test func aSettingMayBeJoinedToItsOption() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      try box.succeed("-Wfuel=1", "-Omemory-reservation=0", "a.wasm")
      let name = try box.succeed("path", "-W", "fuel=1", "-O", "memory-reservation=0", "a.wasm").output
      #expect(try box.succeed("path", "-Wfuel=1", "-Omemory-reservation=0", "a.wasm").output == name)
      #expect(try refusal(["-Wfool=1", "a.wasm"], in: box).hasPrefix("Error: -W: there is no setting “fool”"))
    }
  }

  @Test func whatAReleaseLacksIsNamedWithThoseThatHaveIt() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      let engine = try EngineRelease(version: "24.0.0").library()
      for (option, setting, wish, since) in [
        ("-W", "exceptions", "exceptions", 39), ("-O", "signals-based-traps=n", "signals-based-traps false", 39),
        ("-O", "regalloc-algorithm=single-pass", "regalloc-algorithm single-pass", 45),
      ] {
        let name = wish.split(separator: " ")[0]
        #expect(
          try refusal(["--engine", .init(engine), .init(option), .init(setting), "a.wasm"], in: box, status: 69)
            == "wasmprecompile: error: the engine \(engine) cannot compile with cranelift, \(wish): this release cannot be "
            + "given \(name) through its C API: releases since \(since) can; `wasmprecompile engines` shows what it has"
        )
      }
    }
  }

  /// What goes together only the engine knows.
  @Test func whatTheEngineAbortsOnIsToldInItsWords() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      let simd = try refusal(["-W", "simd=n", "a.wasm"], in: box, status: 69)
      #expect(simd.contains(" cannot compile with cranelift, simd false: this release aborts when asked for it: "))
      #expect(simd.contains("cannot disable the simd proposal but enable the relaxed simd proposal"))
      try box.succeed("-W", "simd=n,relaxed-simd=n", "a.wasm")
      let flag = try refusal(["-C", "cranelift-nothing=1", "a.wasm"], in: box, status: 69)
      #expect(
        flag.contains(" cannot compile with cranelift, cranelift-nothing 1: this release aborts when asked for it: "))
      #expect(flag.contains("No existing setting named 'nothing'"))
    }
  }

  @Test func helpListsWhatThereIs() throws {
    try Sandbox.use { box in
      for (option, line) in [
        ("-O", "  memory-may-move  y or n"), ("-C", "  compiler  cranelift, winch, pulley"),
        ("-D", "  debug-info  y or n"), ("-W", "  wmemcheck  always false: only Rust hosts can choose"),
      ] {
        let help = try box.succeed(.init(option), "help").outputLines
        #expect(help.first == "Settings of \(option):")
        #expect(help.map { $0.replacing(#/  +/#, with: "  ") }.contains(line), "\(help)")
      }
    }
  }

  @Test func aProcessorThatIsNotThereIsRefused() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.empty, to: "a.wasm")
      #expect(
        try refusal(["--cpu", "z80", "a.wasm"], in: box).hasPrefix("Error: The value 'z80' is invalid for '--cpu "))
      #expect(
        try refusal(["--features", "most", "a.wasm"], in: box)
          == "Error: The value 'most' is invalid for '--features <features>'. Please provide one of 'least' and 'all'.")
    }
  }

  @Test func whatIsNoSampleIsRefused() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "a.wasm")
      #expect(
        try refusal(["--like", "a.wasm", "a.wasm"], in: box)
          == "wasmprecompile: error: a.wasm: is no artifact of wasmtime's: --like takes what `wasmtime compile`, "
          + "`Module.serialize()` of that host made")
      #expect(
        try refusal(["--like", "absent", "a.wasm"], in: box)
          == "wasmprecompile: error: absent: cannot be read: no such file or directory")
      let engine = try EngineRelease(version: "48.0.0").library()
      let older = try #require(
        try box.succeed("path", "--compile", "--engine", .init(engine), "a.wasm").outputLines.first)
      #expect(
        try refusal(["--like", .init(older), "a.wasm"], in: box)
          == "wasmprecompile: error: \(older): was made by wasmtime 48, and \(box.installedEngine) is wasmtime 50: name the "
          + "host's own library with --engine")
    }
  }
}
