import Foundation
import Glibc
import TestSupport
import Testing

/// Each thing is told once, as what it is.
@Suite struct ToldOnceTests {
  private static let both: [Argument] = ["--backend", "winch", "--backend", "cranelift"]

  @Test func aModuleThatIsBadWithBothBackendsIsOneFailure() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.invalid, to: "bad.wasm")
      let run = try box.tool(Self.both + ["bad.wasm"]).run()
      #expect(run.ending == .exited(1))
      #expect(run.errorLines.count == 2, "\(run.errors)")
      #expect(run.errorLines.first?.hasPrefix("bad.wasm: error: is not valid: ") == true)
      #expect(run.errorLines.first?.hasSuffix(" (with both backends)") == true)
      #expect(run.errorLines.last?.masked == "1 module with 2 backends: 0 compiled, 0 up to date, 1 failed (TIME)")
    }
  }

  @Test func aKnownModuleWithANewBackendIsNotCalledNew() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("one.wasm")
      #expect(
        try box.succeed("-n", "--backend", "winch", "one.wasm").output
          == "would compile one.wasm with winch (no artifact for winch, only for cranelift)\n")
      #expect(
        try box.succeed("--explain", "--backend", "winch", "one.wasm").errorLines.first?.masked
          == "compiled one.wasm with winch, SIZE → SIZE, TIME (no artifact for winch, only for cranelift)")
      // What this run itself made says nothing.
      try box.write(WasmBinary.returning(2), to: "two.wasm")
      #expect(
        try box.succeed(["--explain", "-j", "1"] + Self.both + ["two.wasm"]).errorLines.map(\.masked).dropLast() == [
          "compiled two.wasm with winch, SIZE → SIZE, TIME (new module)",
          "compiled two.wasm with cranelift, SIZE → SIZE, TIME (new module)",
        ])
    }
  }

  @Test(arguments: ["--check", "--frozen"])
  func lookingInTheWrongPlaceIsNoSuccess(option: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/one.wasm")
      try box.succeed("tree")
      try box.write("", to: "empty/notes.txt")
      #expect(try box.tool("\(option)", "tree").run().ending == .exited(0))
      let run = try box.tool("\(option)", "-q", "empty", "tree").run()
      #expect(run.ending == .exited(1))
      #expect(
        run.errors
          == "empty: error: no modules found: only files that end in .wasm are taken, unless they are named\n")
      let none = try box.command("sh", ["-c", "\"$0\" -q \(option) - </dev/null", "\(box.executable)"]).run()
      #expect(none.ending == .exited(1))
      #expect(none.errors == "wasmprecompile: error: nothing to look at: no module is named\n")
      let json = try box.tool("\(option)", "--format", "json", "empty").run()
      #expect(json.ending == .exited(1))
      let lines = try MachineOutput(json.output, in: box)
      #expect(lines.of("error").map { $0["path"] as? String } == ["empty"])
      #expect(try box.tool("empty").run().ending == .exited(0), "a run makes what there is")
    }
  }

  @Test func whatCannotBeWrittenIsNotAllUpToDate() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("one.wasm")
      try box.write("", to: "file")
      let run = try box.tool("--output", "file/out", "one.wasm").run()
      #expect(run.ending == .exited(73))
      #expect(run.errorLines.last?.masked == "1 module: nothing to compile, 1 file not written (TIME)")
    }
  }

  @Test func aQuietDryRunSaysNothing() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      for arguments in [["-q", "-n", "one.wasm"]] as [[Argument]] {
        let run = try box.tool(arguments).run()
        #expect(run.ending == .exited(0) && run.output == "" && run.errors == "")
      }
      let check = try box.tool("-q", "--check", "one.wasm").run()
      #expect(check.ending == .exited(1) && check.output == "" && check.errors == "")
    }
  }

  @Test(arguments: [("C", "->"), ("POSIX", "->"), ("de_DE.ISO-8859-1", "->"), ("C.UTF-8", "→"), ("de_DE.utf8", "→")])
  func aTerminalWithoutUnicodeGetsNone(locale: String, arrow: String) throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      var command = box.tool("one.wasm")
      command.environment["LC_ALL"] = locale
      let run = try command.run()
      #expect(
        run.errorLines.first?.replacing(" us", with: " µs").masked
          == "compiled one.wasm with cranelift, SIZE \(arrow) SIZE, TIME")
      if arrow == "->" { #expect(run.errors.utf8.allSatisfy { $0 < 0x80 }, "\(run.errors)") }
    }
  }

  @Test func underMakeWhatIsNotThereYetWouldBeLookedAt() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      var command = box.tool("build", "one.wasm")
      command.environment["MAKEFLAGS"] = "n"
      var run = try command.run()
      #expect(run.ending == .exited(0))
      #expect(
        run.output
          == "would look at build, which is not there yet\nwould compile one.wasm with cranelift (new module)\n")
      command.arguments = ["build"]
      run = try command.run()
      #expect(run.ending == .exited(0))
      #expect(run.output == "would look at build, which is not there yet\n")
      #expect(run.errors == "")
      #expect(try box.tool("-n", "build").run().ending == .exited(1), "who types it may have mistyped it")
    }
  }

  @Test func theSmallestMemoryThatMattersIsSaid() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      #expect(
        try box.succeed("--max-memory", "1M", "one.wasm").errorLines.first
          == "wasmprecompile: warning: --max-memory 1M is as good as 32Mi: allocators reserve more than that for each thread"
      )
      #expect(try box.succeed("--max-memory", "32Mi", "--force", "one.wasm").errorLines.count == 2)
    }
  }

  @Test func theCommandsOutputIsNoPartOfTheObjects() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "tree/one.wasm")
      let watch = try box.tool("--watch", "--format", "json", "--exec", "echo hi", "tree").start()
      #expect(eventually { watch.outputSoFar.contains(#"{"type":"command","status":0,"#) })
      watch.send(SIGTERM)
      let result = watch.wait()
      #expect(result.errors == "hi\n")
      _ = try MachineOutput(result.output, in: box)
    }
  }
}
