import Foundation
import TestSupport
import Testing

/// Components that run from the cache.
@Suite struct RunComponentTests {
  /// Releases that give components all of WASI.
  private static let recent = RunTests.releases.filter { !["24.0.0", "36.0.0"].contains($0.version) }
  private static let withComponents = RunTests.releases.filter { $0.version != "24.0.0" }

  private func run(_ release: EngineRelease) throws -> [Argument] {
    ["run", "--engine", Argument(try release.library())]
  }

  private func write(_ text: String, to box: Sandbox, _ name: String = "app.wasm") throws {
    try box.write(WasmText.binary(text), to: name)
  }

  // MARK: What a command gets

  @Test(arguments: recent) func aCommandHasItsArgumentsEnvironmentAndStatus(_ release: EngineRelease) throws {
    try Sandbox.use { box in
      try write(WasmComponents.tell, to: box)
      var tell = box.tool(
        try run(release) + ["--env", "A=1", "--env", "B", "app.wasm", "one", "", "--", "-h", "ünïcode"])
      tell.environment["B"] = "from here"
      tell.environment["C"] = "not for the program"
      let told = try tell.run()
      #expect(told.errors == "" && told.ending == .exited(0))
      #expect(
        told.output.split(separator: "\0", omittingEmptySubsequences: false) == [
          "app.wasm", "one", "", "--", "-h", "ünïcode", "A", "1", "B", "from here", "",
        ])
    }
  }

  @Test(arguments: withComponents) func aCommandHasItsStreamsAndSaysHowItEnded(_ release: EngineRelease) throws {
    try Sandbox.use { box in
      try write(WasmComponents.cat, to: box, "cat.wasm")
      let pipe = "head -c 100000 /dev/zero | \"$@\" cat.wasm | cksum"
      let program: [Argument] = ["sh", Argument(box.executable)] + (try run(release))
      let cat = try box.command("sh", ["-c", Argument(pipe)] + program).run()
      #expect(cat.output == "1260869142 100000\n" && cat.errors == "")
      for (text, status) in [
        (WasmComponents.tell, 1), (WasmComponents.failing, 1), (WasmComponents.leaving(failed: true), 1),
        (WasmComponents.leaving(failed: false), 0),
      ] as [(String, Int32)] {
        try write(text, to: box)
        let end = try box.tool(try run(release) + ["app.wasm", "x"]).run()
        #expect(end.ending == .exited(status) && end.errors == "")
        #expect(end.output == (text == WasmComponents.tell ? "app.wasm\0x\0" : ""))
      }
    }
  }

  @Test(arguments: recent) func aCommandChangesTheDirectoriesThatItIsGiven(_ release: EngineRelease) throws {
    try Sandbox.use { box in
      try write(WasmComponents.directories, to: box)
      try box.write("", to: "data/file")
      for (option, name) in [("data", "data"), ("data::/", "/"), (box.work + "/data::some where", "some where")] {
        let made = try box.succeed(try run(release) + ["--dir", "\(option)", "app.wasm"])
        #expect(made.output == name + "\0" && made.errors == "")
        try box.remove("data/made")
      }
      #expect(try box.tool(try run(release) + ["app.wasm"]).run().ending == .exited(1))
    }
  }

  // MARK: Ends

  @Test(arguments: withComponents, ["cranelift", "winch"])
  func aTrapPrintsItsBacktraceAndExitsWith134(_ release: EngineRelease, _ backend: String) throws {
    if release.version == "36.0.0" && backend == "winch" { return }
    try Sandbox.use { box in
      try write(WasmComponents.trapping, to: box)
      let trap = try box.tool(try run(release) + ["--backend", Argument(backend), "app.wasm"]).run()
      #expect(trap.ending == .exited(134) && trap.output == "")
      #expect(
        trap.errors.replacing(#/0x[0-9a-f]+/#, with: "0x…") == """
          app.wasm: error: trapped: wasm `unreachable` instruction executed
              0: 0x… - program!inner
              1: 0x… - program!<wasm function 1>

          """)
    }
  }

  @Test(arguments: withComponents) func whatCannotBeInstantiatedSaysWhy(_ release: EngineRelease) throws {
    try Sandbox.use { box in
      try write(WasmComponents.needing, to: box)
      let result = try box.tool(try run(release) + ["app.wasm"]).run()
      #expect(result.ending == .exited(1) && result.errorLines.count == 1)
      #expect(
        result.errors.hasPrefix("app.wasm: error: cannot be instantiated: component imports instance `demo:env/clock`"))
      #expect(result.errors.hasSuffix(": it is given WASI preview 2 and nothing else\n"))
    }
  }

  @Test func anOldReleaseSaysWhatItLacks() throws {
    try Sandbox.use { box in
      try write(WasmComponents.numbers, to: box)
      let advice = "choose an engine with --engine"
      let without = "the engine gives components no environment and no directories: release 39 or later does: \(advice)"
      for (version, options, complaint) in [
        (
          "24.0.0", [],
          "is a component, which wasmtime 24.0.0 cannot compile through its C API: use release 36 or later with --engine"
        ),
        ("36.0.0", ["--env", "A=1"], without), ("36.0.0", ["--dir", "."], without),
        (
          "36.0.0", ["--invoke", "u8"],
          "the engine cannot do this with components: it has no function wasmtime_component_func_type: release 39 or later has it: \(advice)"
        ),
      ] as [(String, [Argument], String)] {
        let result = try box.tool(try run(EngineRelease(version: version)) + options + ["app.wasm"]).run()
        #expect(result.ending == .exited(1) && result.output == "")
        #expect(result.errors == "app.wasm: error: \(complaint)\n")
      }
    }
  }

  // MARK: Functions

  @Test(arguments: recent) func functionsTakeAndGivePlainValues(_ release: EngineRelease) throws {
    try Sandbox.use { box in
      try write(WasmComponents.numbers, to: box)
      for (function, arguments, result) in [
        ("bool", ["true"], "true\n"), ("s8", ["-128"], "-128\n"), ("u16", ["65535"], "65535\n"),
        ("s32", ["-1"], "-1\n"), ("u64", ["18446744073709551615"], "18446744073709551615\n"), ("f32", ["0.1"], "0.1\n"),
        ("f64", ["-inf"], "-inf\n"), ("nothing", [], ""), ("demo:calculator/divide@1.2.0#divide", ["7", "2"], "3\n"),
      ] as [(Argument, [Argument], String)] {
        let called = try box.succeed(try run(release) + ["--invoke", function, "app.wasm"] + arguments)
        #expect(called.output == result && called.errors == "", "\(function.text)")
      }
    }
  }

  @Test func whatCannotBeCalledIsRefusedWithTheReason() throws {
    try Sandbox.use { box in
      try write(WasmComponents.numbers, to: box)
      let inspect = "`wasmprecompile inspect` shows what it does export"
      for (arguments, status, complaint) in [
        (["app.wasm"], 1, "is not a program: it exports no wasi:cli/run@0.2.0#run; \(inspect)"),
        (["--invoke", "u128", "app.wasm"], 1, "exports no function u128: \(inspect)"),
        (["--invoke", "u8", "app.wasm"], 64, "the function u8 takes 1 argument, not 0: it is (u8) -> u8"),
        (
          ["--invoke", "s8", "app.wasm", "128"], 64,
          "the function s8 takes as argument 1 an s8, which 128 is not: it is (s8) -> s8"
        ),
        (
          ["--invoke", "bool", "app.wasm", "1"], 64,
          "the function bool takes as argument 1 a bool, which 1 is not: it is (bool) -> bool"
        ),
        (
          ["--invoke", "length", "app.wasm", "text"], 1,
          "the function “length” is (another type) -> u32: only functions of numbers and truth values can be called"
        ),
      ] as [([Argument], Int32, String)] {
        let result = try box.tool(["run"] + arguments).run()
        #expect(result.ending == .exited(status) && result.output == "", "\(arguments.map(\.text))")
        #expect(result.errors == "app.wasm: error: \(complaint)\n")
      }
      let trap = try box.tool("run", "--invoke", "demo:calculator/divide@1.0.0#divide", "app.wasm", "1", "0").run()
      #expect(trap.ending == .exited(134))
      #expect(trap.errorLines.first == "app.wasm: error: trapped: integer divide by zero")
    }
  }

  // MARK: Caches

  @Test func theFirstRunCompilesAndTheNextLoads() throws {
    try Sandbox.use { box in
      try write(WasmComponents.numbers, to: box)
      let run: [Argument] = ["run", "--invoke", "u8", "app.wasm", "9"]
      #expect(try box.succeed(run).output == "9\n")
      let engine = try #require(box.engines.first)
      #expect(box.entries(engine).count == 1)
      let traced = try box.command(
        "strace",
        ["-f", "-qq", "-o", "trace", "-e", "trace=execve,clone,clone3,vfork,fork", Argument(box.executable)] + run
      ).run()
      #expect(traced.output == "9\n" && traced.errors == "")
      let calls = try String(contentsOfFile: box.work + "/trace", encoding: .utf8).lines
      #expect(calls.count { $0.contains("execve(") } == 1, "\(calls)")
      #expect(try box.succeed("app.wasm").errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")

      // The cache may be below, or one that cannot be written to.
      let lower = try box.succeed(["run", "--cache-dir", "other", "--lower-cache", .init(box.cache)] + run.dropFirst())
      #expect(lower.output == "9\n" && lower.errors == "")
      #expect(try box.command("chmod", ["-R", "a-w", Argument(box.cache)]).run().ending == .exited(0))
      let readOnly = try box.tool(run).withoutPrivileges.run()
      #expect(readOnly.output == "9\n" && readOnly.errors == "")
    }
  }

  @Test func aCorruptArtifactIsNeverRunButCompiledAgain() throws {
    try Sandbox.use { box in
      try write(WasmComponents.numbers, to: box)
      let run: [Argument] = ["run", "--invoke", "u8", "app.wasm", "9"]
      #expect(try box.succeed(run).output == "9\n")
      let entry = try #require(try box.succeed("path", "app.wasm").outputLines.first)
      let object = URL(filePath: entry).resolvingSymlinksInPath()
      let good = try Data(contentsOf: object)
      var bad = good
      bad[bad.count / 2] ^= 1
      try FileManager.default.removeItem(at: object)
      try bad.write(to: object)
      let again = try box.succeed(run)
      #expect(again.output == "9\n" && again.errors == "")
      #expect(try Data(contentsOf: object) == good)
    }
  }

  @Test func comparingSaysHowLongEitherWayTakes() throws {
    try Sandbox.use { box in
      try write(WasmComponents.numbers, to: box)
      let run = try box.succeed("run", "--cold", "--invoke", "u8", "app.wasm", "9")
      #expect(run.output == "9\n")
      let line = #/ready to start in TIME from the cache, in TIME without it: \d+\.\d times as fast\n/#
      #expect(run.errors.masked.wholeMatch(of: line) != nil, "\(run.errors)")
    }
  }
}
