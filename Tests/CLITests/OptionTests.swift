import Foundation
import TestSupport
import Testing

/// What the options of a run do.
@Suite struct OptionTests {
  @Test func backendsAreAllProducedInTheOrderGivenWithoutRepetitions() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(9), to: "a.wasm")
      let order: [Argument] = ["--backend", "winch", "--backend", "pulley", "--backend", "winch"]
      let run = try box.succeed(order + ["-j", "1", "a.wasm"])
      #expect(
        run.errors.masked == """
          compiled a.wasm with winch, SIZE → SIZE, TIME
          compiled a.wasm with pulley, SIZE → SIZE, TIME
          1 module with 2 backends: 2 compiled, 0 up to date (SIZE → SIZE in TIME)

          """)
      let paths = try box.succeed(["path", "a.wasm"] + order).outputLines
      #expect(paths.map { URL(filePath: $0).pathComponents.dropLast().last?.prefix(6) } == ["winch-", "pulley"])
      // What one backend has, another lacks.
      let cranelift = try box.succeed("--explain", "a.wasm")
      #expect(
        cranelift.errorLines.first?.masked
          == "compiled a.wasm with cranelift, SIZE → SIZE, TIME (no artifact for cranelift, only for pulley and for winch)"
      )
    }
  }

  @Test func aFileThatIsNamedIsTakenWhateverItsSuffix() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/module.bin")
      try box.write(WasmBinary.returning(2), to: "tree/module.wasm")
      let tree = try box.succeed("tree")
      #expect(tree.errorLines.last?.masked == "1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)")
      let named = try box.succeed("tree/module.bin")
      #expect(named.errorLines.first?.masked == "compiled tree/module.bin with cranelift, SIZE → SIZE, TIME")
    }
  }

  @Test func excludeLeavesOutNamesPathsAndDirectories() throws {
    try Sandbox.use { box in
      for (index, name) in ["a.wasm", "test-a.wasm", "build/b.wasm", "deps/c.wasm", "deps/build/d.wasm"].enumerated() {
        try box.write(WasmBinary.returning(index), to: "tree/" + name)
      }
      func compiled(_ arguments: [Argument]) throws -> [String] {
        let run = try box.succeed(arguments + ["-n", "tree"])
        return run.outputLines.map {
          $0.replacing("would compile tree/", with: "").replacing(" with cranelift (new module)", with: "")
        }
        .sorted()
      }
      #expect(try compiled([]) == ["a.wasm", "build/b.wasm", "deps/build/d.wasm", "deps/c.wasm", "test-a.wasm"])
      #expect(try compiled(["--exclude", "test-*"]) == ["a.wasm", "build/b.wasm", "deps/build/d.wasm", "deps/c.wasm"])
      #expect(try compiled(["--exclude", "build/"]) == ["a.wasm", "deps/c.wasm", "test-a.wasm"])
      #expect(
        try compiled(["--exclude", "build/*.wasm"]) == ["a.wasm", "deps/build/d.wasm", "deps/c.wasm", "test-a.wasm"])
      #expect(try compiled(["--exclude", "deps", "--exclude", "/*.wasm"]) == ["build/b.wasm"])
    }
  }

  @Test func excludeTakesNamesThatAreNotUTF8() throws {
    try Sandbox.use { box in
      for (index, name) in ([[0xff, 0x31], [0xff, 0x32], [0xfe, 0x31]] as [[UInt8]]).enumerated() {
        try box.write(WasmBinary.returning(index), to: "source")
        try box.rename("source", to: name + Array(".wasm".utf8))
      }
      let run = try box.succeed("-n", "--exclude", Argument(bytes: [0xff] + Array("*".utf8)), ".")
      #expect(run.output == #"would compile $'./\xfe1.wasm' with cranelift (new module)"# + "\n")
    }
  }

  @Test func jobsLimitHowManyChildrenCompile() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.bomb(depth: 20 + number), to: "\(number).wasm") }
      for jobs in [1, 3] {
        let run = try box.tool("--force", "-j", "\(jobs)", ".").start()
        let first = try box.busyChild(of: run)
        kill(first, SIGSTOP)
        // Whatever more there may be comes into being while the first is held.
        let children = {
          Processes.marked(box.mark).filter { Processes.parent($0) == run.id && Processes.isCompiling($0) }
        }
        #expect(eventually { children().count == jobs })
        kill(first, SIGCONT)
        let result = run.wait()
        #expect(result.ending == .exited(0))
        #expect(result.errorLines.last?.masked == "3 modules: 3 compiled, 0 up to date (SIZE → SIZE in TIME)")
      }
    }
  }

  @Test func failFastBeginsNothingMore() throws {
    try Sandbox.use { box in
      // The largest goes first.
      try box.write(WasmBinary.invalid + [0, 200, 1, 1, 0x78] + [UInt8](repeating: 0, count: 198), to: "bad.wasm")
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.write(WasmBinary.returning(2), to: "two.wasm")
      let run = try box.tool("--fail-fast", "-j", "1", ".").run()
      #expect(run.ending == .exited(1))
      #expect(run.errorLines.count == 2)
      #expect(run.errorLines.first?.hasPrefix("./bad.wasm: error: is not valid: ") == true)
      #expect(run.errorLines.last?.masked == "3 modules: 0 compiled, 0 up to date, 1 failed, 2 not begun (TIME)")

      try box.remove("bad.wasm")
      try box.write([], to: "empty.wasm")
      let empty = try box.tool("--fail-fast", ".").run()
      #expect(empty.ending == .exited(1))
      #expect(
        empty.errors.masked == """
          ./empty.wasm: error: is empty
          2 modules: 0 compiled, 0 up to date, 1 file is no module, 2 not begun (TIME)

          """)
      let patient = try box.tool(".").run()
      #expect(patient.ending == .exited(1))
      #expect(
        patient.errorLines.last?.masked
          == "2 modules: 2 compiled, 0 up to date, 1 file is no module (SIZE → SIZE in TIME)")
    }
  }

  @Test func dryRunSaysWhatItWouldDoAndDoesNothing() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let run = try box.succeed("-n", ".")
      #expect(run.output == "would compile ./one.wasm with cranelift (new module)\n")
      #expect(run.errors.masked == "1 module: 1 to compile, 0 up to date (TIME)\n")
      #expect(!FileManager.default.fileExists(atPath: box.cache))
      // Nor does it finish a cache that was only begun.
      try FileManager.default.createDirectory(atPath: box.cache + "/v1/objects", withIntermediateDirectories: true)
      try box.succeed("-n", ".")
      #expect(try FileManager.default.subpathsOfDirectory(atPath: box.cache).sorted() == ["v1", "v1/objects"])

      try box.succeed(".")
      try box.write(WasmBinary.returning(2), to: "two.wasm")
      let again = try box.succeed("--dry-run", "--force", ".")
      #expect(
        again.output
          == "would compile ./one.wasm with cranelift (forced)\nwould compile ./two.wasm with cranelift (new module)\n")
      #expect(box.engines.flatMap(box.entries).count == 1)

      try box.write([], to: "empty.wasm")
      let bad = try box.tool("-n", ".").run()
      #expect(bad.ending == .exited(1))
      #expect(bad.output == "would compile ./two.wasm with cranelift (new module)\n")
      #expect(
        bad.errors.masked
          == "./empty.wasm: error: is empty\n2 modules: 1 to compile, 1 up to date, 1 file is no module (TIME)\n")
    }
  }

  @Test func quietSaysOnlyWhatIsWrong() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/one.wasm")
      try FileManager.default.createDirectory(atPath: box.work + "/empty", withIntermediateDirectories: false)
      let good = try box.succeed("-q", "tree", "empty")
      #expect(good.output + good.errors == "")
      try box.write([], to: "tree/empty.wasm")
      let bad = try box.tool("--quiet", "tree").run()
      #expect(bad.ending == .exited(1))
      #expect(bad.errors == "tree/empty.wasm: error: is empty\n")
    }
  }

  @Test func verboseNamesEngineCacheAndWhatIsUpToDate() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      let start = """
        engine wasmtime 50 (cranelift), identity IDENTITY, \(box.installedEngine)
        cache \(box.cache), 2 jobs

        """
      let first = try box.succeed("-v", "-j", "2", "one.wasm")
      #expect(
        first.errors.masked.replacing(#/identity [0-9a-f]{16}/#, with: "identity IDENTITY") == start + """
          compiled one.wasm with cranelift, SIZE → SIZE, TIME
          1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)

          """)
      let second = try box.succeed("--verbose", "-j", "2", "one.wasm")
      #expect(
        second.errors.masked.replacing(#/identity [0-9a-f]{16}/#, with: "identity IDENTITY") == start + """
          up to date one.wasm with cranelift
          1 module: nothing to compile, all up to date (TIME)

          """)
    }
  }

  @Test func explainGivesTheReasonForEveryMiss() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      func reason(_ arguments: Argument...) throws -> String? {
        let lines = try box.succeed(["--explain"] + arguments + ["one.wasm"]).errorLines
        return lines.first?.masked.replacing("compiled one.wasm with cranelift, SIZE → SIZE, TIME ", with: "")
      }
      #expect(try reason("--engine", "\(EngineRelease(version: "48.0.0").library())") == "(new module)")
      #expect(try reason() == "(engine changed)")
      #expect(try reason() == "up to date one.wasm with cranelift")
      #expect(try reason("--force") == "(forced)")
      for (other, name) in [
        (["--cpu", "baseline"], "cranelift, cpu baseline"), (["--opt-level", "none"], "cranelift, opt-level none"),
        (["--backend", "winch"], "winch"),
      ] as [([Argument], String)] {
        let lines = try box.succeed(["--explain"] + other + ["one.wasm"]).errorLines
        #expect(lines.first?.contains(" (no artifact for \(name), only for cranelift") == true, "\(lines)")
      }

      let entry = try #require(try box.succeed("path", "one.wasm").outputLines.first)
      try FileManager.default.removeItem(at: URL(filePath: entry).resolvingSymlinksInPath())
      #expect(try reason() == "(evicted)")
      try FileManager.default.removeItem(atPath: entry)
      #expect(try reason() == "(evicted)")

      try flipBit(ofArtifactAt: entry)
      #expect(try box.tool("cache", "verify", "--repair").run().ending == .exited(0))
      #expect(try reason() == "(artifact corrupt)")
      #expect(try reason() == "up to date one.wasm with cranelift")
    }
  }

  @Test func baselineProcessorsHaveAnIdentityOfTheirOwnAndLoadEverywhere() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(31), to: "one.wasm")
      try box.succeed("one.wasm")
      let run = try box.succeed("--cpu", "baseline", "one.wasm")
      #expect(run.errorLines.first?.masked == "compiled one.wasm with cranelift, cpu baseline, SIZE → SIZE, TIME")
      #expect(box.engines.count == 2)
      let paths = try box.succeed("path", "--cpu", "baseline", "one.wasm").outputLines
      let native = try box.succeed("path", "one.wasm").outputLines
      #expect(paths != native)
      #expect(try PythonClient(release: .standard).load(paths.map { .init(use: "value", path: $0) }, in: box) == ["31"])
    }
  }

  @Test func optimizationLevelsAreKeptApartButForWinchWhichHasNone() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(77), to: "one.wasm")
      var paths: [String] = []
      for level in ["none", "speed", "speed-and-size"] as [Argument] {
        try box.succeed("--opt-level", level, "one.wasm")
        paths += try box.succeed("path", "--opt-level", level, "one.wasm").outputLines
      }
      #expect(Set(paths).count == 3)
      try box.succeed("--backend", "winch", "--opt-level", "none", "one.wasm")
      let winch = try box.succeed("--backend", "winch", "one.wasm")
      #expect(winch.errors.masked == "1 module: nothing to compile, all up to date (TIME)\n")
    }
  }

  @Test func aModuleThatTakesTooLongFailsAlone() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.bomb(depth: 400), to: "bomb.wasm")
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "good\(number).wasm") }
      let run = try box.tool("--timeout", "1.5", "-j", "1", ".").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errors.masked == """
          ./bomb.wasm: error: was not compiled within TIME: raise --timeout, or try --backend winch
          compiled ./good1.wasm with cranelift, SIZE → SIZE, TIME
          compiled ./good2.wasm with cranelift, SIZE → SIZE, TIME
          compiled ./good3.wasm with cranelift, SIZE → SIZE, TIME
          4 modules: 3 compiled, 0 up to date, 1 failed (SIZE → SIZE in TIME)

          """)
      #expect(run.errors.contains("was not compiled within 1.5 s: "))
      #expect(box.temporaryFiles == [])
      // Its advice holds.
      try box.succeed("--backend", "winch", "bomb.wasm")
    }
  }
}
