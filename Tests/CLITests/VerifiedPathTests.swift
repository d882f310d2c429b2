import Foundation
import Glibc
import TestSupport
import Testing

/// What `path --verify` gives out has the bytes that were stored.
@Suite struct VerifiedPathTests {
  /// How many bits are changed; `WASMPRECOMPILE_TEST_FLIPS` says how many in 1 of 50 of a long run.
  private static let flips =
    max(8, (getenv("WASMPRECOMPILE_TEST_FLIPS").flatMap { Int(String(cString: $0)) } ?? 0) / 50)

  private func object(_ entry: String) -> String { URL(filePath: entry).resolvingSymlinksInPath().path }

  private func flip(_ bit: Int, of path: String) throws {
    chmod(path, 0o600)
    let file = try #require(FileHandle(forUpdatingAtPath: path))
    try file.seek(toOffset: UInt64(bit / 8))
    let byte = try #require(try file.read(upToCount: 1)?.first)
    try file.seek(toOffset: UInt64(bit / 8))
    try file.write(contentsOf: Data([byte ^ 1 << (bit % 8)]))
    try file.close()
    chmod(path, 0o444)
  }

  @Test func changedArtifactIsNotGivenOut() throws {
    try Sandbox.use { box in
      var random = SeededGenerator(seed: 4)
      for number in 0..<4 { try box.write(WasmBinary.returning(number), to: "\(number).wasm") }
      try box.succeed(".")
      for flip in 0..<Self.flips {
        let name = "\(flip % 4).wasm"
        let good = try box.succeed("path", "--verify", "\(name)")
        let object = object(try #require(good.outputLines.first))
        let size = try #require(FileManager.default.attributesOfItem(atPath: object)[.size] as? Int)
        try self.flip(Int.random(in: 0..<8 * size, using: &random), of: object)

        let bad = try box.tool("path", "--verify", "\(name)").run()
        #expect(bad.ending == .exited(1))
        #expect(bad.output == "")
        #expect(
          bad.errors
            == "\(name): error: the cache has no artifact for cranelift: artifact corrupt; make it with --compile\n")

        let again = try box.succeed("path", "--verify", "--compile", "\(name)")
        #expect(again.output == good.output)
        #expect(again.errors == "")
      }
      #expect(try box.succeed("cache", "verify").outputLines.last?.hasSuffix(": all good") == true)
    }
  }

  /// What disks and hands do to files besides.
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

  @Test func corruptArtifactIsCompiledAgainInOneGo() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("--backend", "cranelift", "--backend", "winch", ".")
      let paths = try box.succeed("path", "--backend", "cranelift", "--backend", "winch", "one.wasm")
      for entry in paths.outputLines { try flip(80_000, of: object("\(entry)")) }
      let again = try box.succeed(
        "path", "--verify", "--compile", "--backend", "cranelift", "--backend", "winch", "one.wasm")
      #expect(again.output == paths.output)
      #expect(try box.succeed("cache", "verify").outputLines.last?.hasSuffix(": all good") == true)
    }
  }
}
