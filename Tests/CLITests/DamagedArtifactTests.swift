import Foundation
import Glibc
import TestSupport
import Testing

/// What neither `path --verify` nor `run` takes for an artifact.
@Suite struct DamagedArtifactTests {
  private func object(_ entry: String) -> String { URL(filePath: entry).resolvingSymlinksInPath().path }

  /// What disks and hands do to files besides changing bits.
  enum Damage: CaseIterable {
    case zeroPage, truncation, emptying, anotherArtifact

    func apply(to object: String, other: String) throws {
      var bytes = try #require(FileManager.default.contents(atPath: object))
      switch self {
      case .zeroPage:
        // The last that has something in it.
        let page = try #require(
          (0..<bytes.count / 4096).last { bytes[4096 * $0..<4096 * ($0 + 1)].contains { $0 != 0 } })
        bytes.replaceSubrange(4096 * page..<4096 * (page + 1), with: Data(count: 4096))
      case .truncation: bytes.removeLast(4096)
      case .emptying: bytes = Data()
      case .anotherArtifact: bytes = try #require(FileManager.default.contents(atPath: other))
      }
      // In place, so that it is the same file with the same name.
      chmod(object, 0o600)
      let file = try #require(FileHandle(forUpdatingAtPath: object))
      try file.truncate(atOffset: 0)
      try file.write(contentsOf: bytes)
      try file.close()
      chmod(object, 0o444)
    }
  }

  /// Its size is seen wherever its entry is looked at, at the price of the look; other damage only by hashing.
  @Test(arguments: Damage.allCases) func whoOnlyLooksSeesDamage(_ damage: Damage) throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed(".")
      let object = object(try #require(box.succeed("path", "1.wasm").outputLines.first))
      let other = self.object(try #require(box.succeed("path", "2.wasm").outputLines.first))
      try damage.apply(to: object, other: other)
      let looks: [[Argument]] = [["--check"], ["--frozen"], ["path"]]
      if damage == .truncation || damage == .emptying {
        for look in looks { #expect(try box.tool(look + ["1.wasm"]).run().ending == .exited(1), "\(look)") }
      }
      let check = try box.tool("--check", "--verify", ".").run()
      #expect(check.ending == .exited(1))
      let reason = "artifact corrupt"
      #expect(check.output == "would compile ./1.wasm with cranelift (\(reason))\n")
      let advice =
        "wasmprecompile: warning: `wasmprecompile cache verify --repair --cache-dir \(box.cache)` moves what is corrupt "
        + "aside, and the next run makes it again\n"
      #expect(check.errors.contains(advice))
      let frozen = try box.tool("--frozen", "--verify", ".").run()
      #expect(frozen.ending == .exited(1))
      #expect(
        frozen.errorLines.first
          == "./1.wasm: error: the cache has no artifact for cranelift: \(reason); --frozen compiles nothing")
      // Neither moves it aside.
      #expect(FileManager.default.fileExists(atPath: object))
      if damage == .truncation || damage == .emptying {
        #expect(try box.succeed(".").errorLines.last?.hasPrefix("2 modules: 1 compiled, 1 up to date") == true)
      } else {
        _ = try box.tool("cache", "verify", "--repair").run()
        try box.succeed(".")
      }
      #expect(try box.succeed("--check", "--verify", ".").output == "")
    }
  }

  @Test func verifyingGoesWithLooking() throws {
    try Sandbox.use { box in
      let run = try box.tool("--verify", ".").run()
      #expect(run.ending == .exited(64))
      #expect(run.errorLines.first == "Error: --verify goes with --check or --frozen")
    }
  }

  @Test(arguments: Damage.allCases) func damagedArtifactIsNeitherGivenOutNorRun(_ damage: Damage) throws {
    try Sandbox.use { box in
      for number in 1...2 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed(".")
      let good = try box.succeed("path", "1.wasm")
      let object = object(try #require(good.outputLines.first))
      let other = self.object(try #require(box.succeed("path", "2.wasm").outputLines.first))
      let bytes = FileManager.default.contents(atPath: object)

      try damage.apply(to: object, other: other)
      let bad = try box.tool("path", "--verify", "1.wasm").run()
      #expect(bad.ending == .exited(1))
      #expect(bad.output == "")
      #expect(bad.errors.hasPrefix("1.wasm: error: the cache has no artifact for cranelift: "), "\(bad.errors)")
      #expect(try box.succeed("path", "--verify", "--compile", "1.wasm").output == good.output)
      #expect(FileManager.default.contents(atPath: object) == bytes)

      try damage.apply(to: object, other: other)
      #expect(try box.succeed("run", "--invoke", "value", "1.wasm").output == "1\n")
      #expect(FileManager.default.contents(atPath: object) == bytes)
      #expect(try box.succeed("cache", "verify").outputLines.last?.hasSuffix(": all good") == true)
    }
  }
}
