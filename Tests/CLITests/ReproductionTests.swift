import Foundation
import TestSupport
import Testing

/// `cache verify --reproduce`: artifacts that have the right digest, and that their engine does not make.
@Suite struct ReproductionTests {
  private func entry(_ module: Argument, in box: Sandbox) throws -> String {
    try #require(box.succeed("path", module).outputLines.first)
  }

  private func object(_ entry: String) throws -> String {
    String(try FileManager.default.destinationOfSymbolicLink(atPath: entry).split(separator: "/").suffix(2).joined())
  }

  /// What a compiler would do that a module took over: an artifact of the same engine, with another module's code.
  private func plant(_ entry: String, artifactOf other: String) throws {
    let target = try FileManager.default.destinationOfSymbolicLink(atPath: other)
    try FileManager.default.removeItem(atPath: entry)
    try FileManager.default.createSymbolicLink(atPath: entry, withDestinationPath: target)
  }

  @Test func goodArtifactsComeOutAlike() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed("--backend", "cranelift", "--backend", "winch", ".")
      let all = try box.succeed("cache", "verify", "--reproduce", "all")
      #expect(
        all.output.masked
          == "6 entries, SIZE: all good\ncompiled again: 3 alike; 3 artifacts of other engines or settings\n")
      #expect(all.errors == "")
      let both = try box.succeed(
        "cache", "verify", "--reproduce", "34%", "--backend", "winch", "--backend", "cranelift")
      #expect(both.output.masked == "6 entries, SIZE: all good\ncompiled again: 3 alike\n")
      let one = try box.succeed("cache", "verify", "--reproduce", "1", "--format", "json")
      let summary = try #require(MachineOutput(one.output, in: box).of("summary").first)
      #expect(
        summary["reproduced"] as? [String: Int]
          == ["alike": 1, "different": 0, "failed": 0, "not_found": 0, "others": 3])
    }
  }

  @Test func anArtifactOfAnotherModuleIsFoundAndMovedAside() throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed(".")
      let first = try entry("1.wasm", in: box)
      let second = try entry("2.wasm", in: box)
      let right = try object(first)
      let wrong = try object(second)
      try plant(first, artifactOf: second)
      // Its digest is right, and its engine loads it.
      #expect(try box.succeed("cache", "verify").output.masked == "2 entries, SIZE: all good\n")
      #expect(try box.succeed("run", "--invoke", "value", "1.wasm").output == "2\n")

      let message =
        "\(first): error: its artifact is not what its engine makes of the module: the bytes hash to \(wrong.prefix(16))…, "
        + "those of a new compilation to \(right.prefix(16))…"
      let found = try box.tool("cache", "verify", "--reproduce", "all").run()
      #expect(found.ending == .exited(1))
      #expect(found.errors == message + "\n")
      #expect(
        found.output.masked
          == "2 entries, SIZE: 1 bad; --repair moves them aside\ncompiled again: 1 alike, 1 different\n")
      try #require(FileManager.default.fileExists(atPath: second))

      let repair = try box.succeed("cache", "verify", "--reproduce", "all", "--repair")
      #expect(repair.errorLines.contains(message + " (moved aside)"))
      #expect(FileManager.default.fileExists(atPath: "\(box.cache)/v1/corrupt/\(wrong)"))
      // Both entries named it.
      try box.succeed(".")
      for number in 1...2 {
        #expect(try box.succeed("run", "--invoke", "value", "\(number).wasm").output == "\(number)\n")
      }
      #expect(try box.succeed("cache", "verify", "--reproduce", "all").outputLines.last == "compiled again: 2 alike")
    }
  }

  @Test func modulesThatAreGoneOrOthersAreCounted() throws {
    try Sandbox.use { box in
      for number in 1...3 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed(".")
      try FileManager.default.removeItem(atPath: box.work + "/1.wasm")
      try box.write(WasmBinary.returning(9), to: "2.wasm")
      let run = try box.succeed("cache", "verify", "--reproduce", "3")
      #expect(
        run.output.masked == "3 entries, SIZE: all good\ncompiled again: 1 alike; 2 modules not found\n")
    }
  }

  /// A module that its engine refuses now, as it is set up, was not compiled by it.
  @Test func aModuleThatDoesNotCompileIsSaid() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "1.wasm")
      try box.succeed("1.wasm")
      let run = try box.tool("cache", "verify", "--reproduce", "all", "--max-artifact", "4k").run()
      #expect(run.ending == .exited(1))
      let reason = "the module makes an artifact larger than --max-artifact 4K allows: raise it"
      #expect(run.errors == "\(try entry("1.wasm", in: box)): error: its artifact cannot be made again: \(reason)\n")
      #expect(run.output.masked == "1 entry, SIZE: 1 not judged\ncompiled again: 0 alike, 1 failed\n")
    }
  }

  @Test func whatIsNoSampleIsRefused() throws {
    try Sandbox.use { box in
      for sample in ["0", "-1", "0%", "101%", "some", ""] {
        #expect(try box.tool("cache", "verify", "--reproduce=\(sample)").run().ending == .exited(64), "\(sample)")
      }
      let alone = try box.tool("cache", "verify", "--backend", "winch").run()
      #expect(alone.ending == .exited(64))
      #expect(
        alone.errorLines.first
          == "Error: options about engines and hosts go with --reproduce: everything is checked without it")
      // Where there is no cache, nothing is asked.
      #expect(try box.succeed("cache", "verify", "--reproduce", "all").output == "0 entries, 0 B: all good\n")
    }
  }
}
