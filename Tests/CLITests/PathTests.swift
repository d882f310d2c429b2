import Foundation
import TestSupport
import Testing

/// `path` and `hash` for several modules, for lists, and for programs.
@Suite struct PathTests {
  private func modules(in box: Sandbox) throws {
    for number in 1...2 { try box.write(WasmBinary.returning(number), to: "tree/\(number).wasm") }
  }

  @Test func severalModulesAreNamedBesideTheirArtifacts() throws {
    try Sandbox.use { box in
      try modules(in: box)
      try box.succeed("tree")
      let one = try box.succeed("path", "tree/1.wasm").outputLines
      let two = try box.succeed("path", "tree/2.wasm").outputLines
      #expect(one.count == 1 && one.first?.hasSuffix(".cwasm") == true)
      let both = ["\(one[0])  tree/1.wasm", "\(two[0])  tree/2.wasm"]
      #expect(try box.succeed("path", "tree/1.wasm", "tree/2.wasm").outputLines == both)
      #expect(try box.succeed("path", "tree").outputLines == both)
      #expect(try box.succeed("path", "--verify", "tree").outputLines == both)
      let list = try box.command(
        "sh", ["-c", "printf 'tree/1.wasm\\0tree/2.wasm\\0' | \"$0\" path -0 -", "\(box.executable)"]
      )
      .run()
      #expect(list.outputLines == both && list.errors == "")
      // The same module under two names has two lines.
      try box.write(WasmBinary.returning(1), to: "tree/3.wasm")
      #expect(try box.succeed("path", "tree/1.wasm", "tree/3.wasm").outputLines == [both[0], "\(one[0])  tree/3.wasm"])
    }
  }

  @Test func whatThereIsIsPrintedAndWhatIsMissingIsSaid() throws {
    try Sandbox.use { box in
      try modules(in: box)
      try box.succeed("tree/1.wasm")
      let some = try box.tool("path", "tree").run()
      #expect(some.ending == .exited(1))
      #expect(some.outputLines.count == 1 && some.output.hasSuffix(".cwasm  tree/1.wasm\n"))
      #expect(
        some.errors
          == "tree/2.wasm: error: the cache has no artifact for cranelift: new module; make it with --compile\n")
      #expect(try box.succeed("path", "--compile", "tree").outputLines.count == 2)
      let none = try box.command("sh", ["-c", "\"$0\" path - </dev/null", "\(box.executable)"]).run()
      #expect(none.ending == .exited(1))
      #expect(none.errors == "wasmprecompile: error: nothing to look at: no module is named\n")
    }
  }

  @Test func programsGetTheObjectsOfARun() throws {
    try Sandbox.use { box in
      try modules(in: box)
      try box.succeed("tree/1.wasm")
      let run = try box.tool("path", "--format", "json", "tree").run()
      #expect(run.ending == .exited(1))
      #expect(run.errors == "")
      let lines = try MachineOutput(run.output, in: box)
      #expect(lines.types == ["start", "prepared", "planned", "module", "module", "summary"])
      #expect(lines.objects.first?["command"] as? String == "path")
      #expect(lines.of("module").map { $0["status"] as? String } == ["up_to_date", "missing"])
      #expect(
        try box.succeed("path", "tree/1.wasm").outputLines == [lines.of("module").first?["artifact"] as? String])
      #expect(lines.objects.last?["exit_status"] as? Int == 1)
    }
  }

  @Test func hashReadsStandardInput() throws {
    try Sandbox.use { box in
      try modules(in: box)
      let named = try box.succeed("hash", "tree/1.wasm").output
      let hash = named.prefix(64)
      let piped = try box.command("sh", ["-c", "cat tree/1.wasm | \"$0\" hash -", "\(box.executable)"]).run()
      #expect(piped.output == "\(hash)  -\n" && piped.ending == .exited(0))
      let empty = try box.command("sh", ["-c", "\"$0\" hash - </dev/null", "\(box.executable)"]).run()
      #expect(empty.errors == "-: error: is empty\n" && empty.ending == .exited(1))
      let run = try box.tool("hash", "--format", "json", "tree/1.wasm", "absent.wasm").run()
      #expect(run.ending == .exited(1) && run.errors == "")
      let lines = try MachineOutput(run.output, in: box)
      #expect(lines.types == ["start", "hash", "error", "summary"])
      #expect(lines.of("hash").first?["sha256"] as? String == String(hash))
    }
  }

  @Test func aProgramRunsWithoutAPlaceForACache() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(7), to: "seven.wasm")
      var command = box.tool("run", "--invoke", "value", "seven.wasm")
      for name in ["HOME", "XDG_CACHE_HOME"] { command.environment[name] = nil }
      let run = try command.run()
      #expect(run.ending == .exited(0))
      #expect(run.output == "7\n")
      #expect(
        run.errors
          == """
          wasmprecompile: warning: no place for the cache: HOME is not set; name a directory with --cache-dir: the module is \
          compiled without the cache

          """)
    }
  }
}
