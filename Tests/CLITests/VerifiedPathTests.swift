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
