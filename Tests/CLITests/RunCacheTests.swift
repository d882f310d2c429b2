import Foundation
import Glibc
import TestSupport
import Testing

/// Where a program that is run comes from.
@Suite struct RunCacheTests {
  private func value(_ box: Sandbox, _ options: Argument..., module: Argument = "module.wasm") throws -> CommandResult {
    try box.tool(["run"] + options + ["--invoke", "value", module]).run()
  }

  @Test func theFirstRunCompilesAndTheNextStartsNoOtherProcess() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(42), to: "module.wasm")
      #expect(try value(box).output == "42\n")
      let engine = try #require(box.engines.first)
      #expect(box.entries(engine).count == 1)
      let traced = try box.command(
        "strace",
        ["-f", "-qq", "-o", "trace", "-e", "trace=execve,clone,clone3,vfork,fork", Argument(box.executable), "run"]
          + ["--invoke", "value", "module.wasm"]
      ).run()
      #expect(traced.output == "42\n" && traced.errors == "")
      let calls = try String(contentsOfFile: box.work + "/trace", encoding: .utf8).lines
      #expect(calls.count { $0.contains("execve(") } == 1, "\(calls)")
      #expect(try box.succeed("module.wasm").errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")
    }
  }

  @Test func whatThePrecompilationMadeIsWhatRuns() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "module.wasm")
      for options in [[], ["--backend", "winch"], ["--opt-level", "none"], ["--cpu", "baseline"]] as [[Argument]] {
        try box.succeed(options + ["module.wasm"])
        let engines = box.engines
        let run = try box.tool(["run"] + options + ["--invoke", "value", "module.wasm"]).run()
        #expect(run.output == "7\n" && run.errors == "")
        #expect(box.engines == engines)
      }
      #expect(box.engines.count == 4)
    }
  }

  @Test func aCorruptArtifactIsNeverRunButCompiledAgain() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(4000), to: "module.wasm")
      #expect(try value(box).output == "4000\n")
      let entry = try #require(try box.succeed("path", "module.wasm").outputLines.first)
      let object = URL(filePath: entry).resolvingSymlinksInPath()
      let good = try Data(contentsOf: object)
      // The constant itself, in the code.
      let constant = try #require(good.range(of: Data([0xa0, 0x0f, 0x00, 0x00])))
      var bad = good
      bad[constant.lowerBound] ^= 1
      try FileManager.default.removeItem(at: object)
      try bad.write(to: object)
      let run = try value(box)
      #expect(run.output == "4000\n" && run.errors == "")
      #expect(try Data(contentsOf: object) == good)
      #expect(try FileManager.default.contentsOfDirectory(atPath: box.cache + "/v1/corrupt").count == 1)
    }
  }

  @Test func withoutAUsableCacheTheModuleIsCompiledAndRunAllTheSame() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(5), to: "module.wasm")
      try box.write(WasmText.binary(WasmComponents.numbers), to: "component.wasm")
      try box.write("", to: "file")
      let file = try value(box, "--cache-dir", "file")
      #expect(file.output == "5\n" && file.ending == .exited(0))
      #expect(
        file.errors
          == "wasmprecompile: warning: \(box.work)/file: is not a directory: choose another place, or remove it (--cache-dir): the module is compiled without the cache\n"
      )
      mkdir(box.work + "/open", 0o777)
      chmod(box.work + "/open", 0o777)
      let open = try value(box, "--cache-dir", "open")
      #expect(open.output == "5\n" && open.ending == .exited(0))
      #expect(open.errors.hasPrefix("wasmprecompile: warning: \(box.work)/open: can be written by other users: "))
      let component = try box.tool(
        "run", "--cache-dir", "file", "--invoke", "u8", "component.wasm", "5"
      ).run()
      #expect(component.output == "5\n" && component.errors == file.errors)
    }
  }

  @Test func aCacheThatCannotBeWrittenToIsReadFrom() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(6), to: "module.wasm")
      try box.write(WasmBinary.returning(8), to: "other.wasm")
      try box.succeed("module.wasm")
      let lock = try box.command("chmod", ["-R", "a-w", Argument(box.cache)]).run()
      #expect(lock.ending == .exited(0))
      for (module, value) in [("module.wasm", "6\n"), ("other.wasm", "8\n")] {
        let run = try box.tool("run", "--invoke", "value", "\(module)").withoutPrivileges.run()
        #expect(run.output == value && run.ending == .exited(0), "\(run.errors)")
      }
    }
  }

  @Test func comparingSaysHowLongEitherWayTakesAndThenRuns() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 30), to: "module.wasm")
      try Programs.copy("hello", to: box)
      for _ in 1...2 {
        let run = try box.succeed("run", "--cold", "hello.wasm")
        #expect(run.output == "hello")
        #expect(
          run.errors.masked.wholeMatch(
            of: #/ready to start in TIME from the cache, in TIME without it: \d+\.\d times as fast\ntrouble/#) != nil,
          "\(run.errors)")
      }
    }
  }

  @Test func anEngineThatCannotBeUsedIsSaid() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "module.wasm")
      let missing = try value(box, "--engine", "missing.so")
      #expect(missing.ending == .exited(69))
      #expect(missing.errors.hasPrefix("wasmprecompile: error: no engine found, looked for\n  missing.so (--engine)\n"))
      let old = try EngineRelease(version: "24.0.0").library()
      let winch = try value(box, "--engine", Argument(old), "--backend", "winch")
      #expect(winch.ending == .exited(69))
      #expect(
        winch.errors
          == "wasmprecompile: error: the engine \(old) has no backend winch: this release would silently compile with cranelift instead; `wasmprecompile engines` shows what it has\n"
      )
    }
  }
}
