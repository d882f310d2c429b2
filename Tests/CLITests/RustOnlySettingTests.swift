import Foundation
import TestSupport
import Testing

/// Settings that only Rust hosts can have: the `wasmtime` command compiles for them, and loads what it made as such a host does.
@Suite struct RustOnlySettingTests {
  private static let cli: [Argument] = ["--backend", "wasmtime-cli"]

  /// Runs what the command is given: an artifact, and how its engine is set up.
  private func load(_ arguments: [Argument], _ variables: [String: String] = [:], in box: Sandbox) throws
    -> CommandResult
  {
    var command = box.command(
      RealCompilers.wasmtime + "/wasmtime", ["run", "--allow-precompiled"] + arguments + ["--invoke", "value"])
    command.arguments.append("out/seven.cwasm")
    command.environment.merge(variables) { $1 }
    return try command.run()
  }

  private func refusal(_ arguments: [Argument], in box: Sandbox) throws -> String? {
    let run = try box.toolFindingWasmtime(["-n"] + arguments + ["seven.wasm"]).run()
    #expect(run.ending == .exited(64) && run.output == "", "\(run.output)")
    #expect(run.errorLines.count == 1)
    return run.errorLines.first
  }

  @Test(arguments: [
    ("-O", "guard-before-linear-memory=n", "without guard before linear memory but it is enabled for the host"),
    ("-O", "table-lazy-init=n", "without table lazy init but it is enabled for the host"),
    ("-O", "gc-heap-initial-size=65536", "a GC heap initial size of '65536' but '0' is expected for the host"),
    ("-O", "gc-heap-reservation=0", "a GC heap reservation of '0' but '4294967296' is expected for the host"),
    ("-O", "gc-heap-may-move=n", "without GC heap may move but it is enabled for the host"),
    ("-O", "gc-heap-guard-size=0", "a GC heap guard size of '0' but '33554432' is expected for the host"),
    (
      "-C", "collector=drc",
      "for the deferred reference-counting collector but the host is configured to use the copying"
    ),
    ("-C", "collector=null", "for the null collector but the host is configured to use the copying collector"),
    ("-C", "inlining=y", "with intra-module inlining however the host is configured without intra-module inlining"),
    ("-C", "compiler=winch", "with Winch calling convention but it is not enabled for the host"),
    ("-D", "guest-debug", "with guest debug but it is not enabled for the host"),
    ("-D", "symbols=n", "without debug symbols but it is enabled for the host"),
    ("-W", "component-model-gc", "WebAssembly feature `cm_gc` but it is not enabled for the host"),
    ("-W", "component-model-memory64", "WebAssembly feature `cm64` but it is not enabled for the host"),
    ("-W", "component-model-error-context", "feature `cm_error_context` but it is not enabled for the host"),
    ("-W", "component-model-fixed-length-lists", "feature `cm_fixed_length_lists` but it is not enabled for the host"),
    ("-W", "component-model-threading", "feature `cm_threading` but it is not enabled for the host"),
  ]) func whatIsMadeForItRunsWithItAlone(option: String, setting: String, words: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "seven.wasm")
      let arguments = Self.cli + [.init(option), .init(setting)]
      let made = try box.toolFindingWasmtime(arguments + ["--output", "out", "."]).run()
      #expect(made.ending == .exited(0), "\(made.errors)")
      let run = try load([.init(option), .init(setting)], in: box)
      #expect(run.output == "7\n", "\(run.errors)")
      let refused = try load([], in: box)
      #expect(refused.ending == .exited(1) && refused.errors.contains(words), "\(refused.errors)")
    }
  }

  /// The file is one that the command itself reads.
  @Test func aFileOfThemIsGoodForBoth() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "seven.wasm")
      try box.write(
        """
        [optimize]
        table-lazy-init = false
        gc-heap-reservation = 0
        memory-reservation = 65536
        opt-level = "s"
        [codegen]
        collector = "null"
        inlining = "gc"
        cranelift = [["enable_alias_analysis", "false"]]
        [debug]
        symbols = false
        address-map = false
        [wasm]
        epoch-interruption = false
        component-model-gc = true
        """, to: "engine.toml")
      let arguments: [Argument] = Self.cli + ["--engine-config", "engine.toml", "."]
      let made = try box.toolFindingWasmtime(["--output", "out"] + arguments).run()
      #expect(made.ending == .exited(0), "\(made.errors)")
      let again = try box.toolFindingWasmtime(arguments).run()
      #expect(again.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")
      let run = try load(["--config", "engine.toml"], in: box)
      #expect(run.output == "7\n", "\(run.errors)")
      #expect(try load([], in: box).ending == .exited(1))
      let list = try box.succeed("cache", "list").output
      #expect(
        list.contains(
          "wasmtime-cli, opt-level speed-and-size, memory-reservation 65536, table-lazy-init false, gc-heap-reservation 0, "
            + "collector null, inlining gc, symbols false, address-map false, component-model-gc, "
            + "cranelift-enable_alias_analysis false"), "\(list)")
      // One value less is another artifact.
      try box.write("[optimize]\ntable-lazy-init = false\n", to: "engine.toml")
      let less = try box.toolFindingWasmtime(["-n"] + arguments).run()
      #expect(
        less.output.hasPrefix(
          "would compile ./seven.wasm with wasmtime-cli, table-lazy-init false (no artifact for wasmtime-cli, table-lazy-init "
            + "false, only for wasmtime-cli, opt-level speed-and-size, "), "\(less.output)")
      #expect(
        try refusal(["--backend", "cranelift", "--engine-config", "engine.toml"], in: box)
          == "wasmprecompile: error: engine.toml:2: only a Rust host can have table-lazy-init=false, and libwasmtime's C API "
          + "always has true: use --backend wasmtime-cli, with the `wasmtime` command of the host's release on PATH")
    }
  }

  /// libwasmtime does without garbage collection, and the command takes the host's.
  @Test func aCollectorMeansToEachCompilerWhatItCanDo() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "seven.wasm")
      let both: [Argument] = ["--backend", "cranelift", "--backend", "wasmtime-cli", "-C", "collector=null"]
      let run = try box.toolFindingWasmtime(["-n"] + both + ["seven.wasm"]).run()
      #expect(
        run.outputLines == [
          "would compile seven.wasm with cranelift, gc-support false (wasmtime 50) (new module)",
          "would compile seven.wasm with wasmtime-cli, collector null (wasmtime-cli 49.0.3) (new module)",
        ], "\(run.output) \(run.errors)")
      let standard = try box.toolFindingWasmtime(["-n"] + Self.cli + ["-C", "collector=auto", "seven.wasm"]).run()
      #expect(standard.output == "would compile seven.wasm with wasmtime-cli (new module)\n", "\(standard.errors)")
    }
  }

  /// wasmtime's file of settings has no name for it.
  @Test func detailsOfBacktracesAreInTheEnvironment() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "seven.wasm")
      let details = ["WASMTIME_BACKTRACE_DETAILS": "1"]
      var command = box.toolFindingWasmtime(Self.cli + ["--output", "out", "."])
      command.environment.merge(details) { $1 }
      let made = try command.run()
      #expect(made.ending == .exited(0), "\(made.errors)")
      let loaded = try load([], details, in: box)
      #expect(loaded.output == "7\n", "\(loaded.errors)")
      let refused = try load([], in: box)
      #expect(refused.errors.contains("with WebAssembly backtrace support but it is not enabled"), "\(refused.errors)")
      let without = try box.toolFindingWasmtime(Self.cli + ["-n", "seven.wasm"]).run()
      #expect(
        without.output
          == "would compile seven.wasm with wasmtime-cli (no artifact for wasmtime-cli, only for wasmtime-cli, backtrace-details)\n"
      )
    }
  }

  @Test func whatCannotBeIsSaidBeforeAnythingStarts() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "seven.wasm")
      let start = "wasmprecompile: error: "
      #expect(
        try refusal(Self.cli + ["-C", "compiler=pulley"], in: box)
          == start + "--backend wasmtime-cli has no compiler=pulley: its portable form is --target pulley64")
      let pulley = try box.toolFindingWasmtime(Self.cli + ["--target", "pulley64", "--output", "out", "."]).run()
      #expect(pulley.ending == .exited(0), "\(pulley.errors)")
      #expect(try load(["--target", "pulley64"], in: box).output == "7\n")
      #expect(
        try refusal(Self.cli + ["--like", "out/seven.cwasm"], in: box)
          == start
          + "out/seven.cwasm: --backend wasmtime-cli goes with no --like: only a libwasmtime can be asked what an "
          + "engine is like; `wasmprecompile engines --like` prints its settings as a file for --engine-config")
    }
  }
}
