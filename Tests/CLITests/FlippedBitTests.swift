import Foundation
import TestSupport
import Testing

/// Twenty artifacts, of which single bits are changed: none is given out or run, each is compiled again.
///
/// `WASMPRECOMPILE_TEST_FLIPS` says how many bits for each command (default 20).
@Suite struct FlippedBitTests {
  private static let flips =
    ProcessInfo.processInfo.environment["WASMPRECOMPILE_TEST_FLIPS"].flatMap { Int($0) } ?? 20

  private struct Artifact {
    let value: Int
    let entry: String
    let bytes: Data

    var module: Argument { "\(value).wasm" }
    var current: Data? { FileManager.default.contents(atPath: entry) }
  }

  /// Changes a bit of an artifact, again and again.
  private func flipping(seed: UInt64, _ body: (Sandbox, Artifact) throws -> Void) throws {
    try Sandbox.use { box in
      for value in 0..<20 { try box.write(WasmBinary.returning(value), to: "\(value).wasm") }
      try box.succeed(".")
      let artifacts = try (0..<20).map { value in
        let entry = try #require(try box.succeed("path", "--verify", "\(value).wasm").outputLines.first)
        return Artifact(value: value, entry: entry, bytes: try Data(contentsOf: URL(filePath: entry)))
      }
      var random = SeededGenerator(seed: seed)
      for flip in 0..<Self.flips {
        let artifact = artifacts[flip % artifacts.count]
        try flipBit(ofArtifactAt: artifact.entry) { Int.random(in: 0..<$0, using: &random) }
        try #require(artifact.current != artifact.bytes)
        try body(box, artifact)
        #expect(artifact.current == artifact.bytes, "it was not compiled again")
      }
      #expect(try box.succeed("cache", "verify").output.masked == "20 entries, SIZE: all good\n")
    }
  }

  @Test func pathWithVerifyGivesNoneOut() throws {
    try flipping(seed: 4) { box, artifact in
      let bad = try box.tool("path", "--verify", artifact.module).run()
      #expect(bad.ending == .exited(1))
      #expect(bad.output == "")
      #expect(
        bad.errors
          == "\(artifact.module.text): error: the cache has no artifact for cranelift: artifact corrupt; make it with --compile\n"
      )
      let again = try box.succeed("path", "--verify", "--compile", artifact.module)
      #expect(again.output == artifact.entry + "\n")
      #expect(again.errors == "")
    }
  }

  @Test func runRunsNone() throws {
    try flipping(seed: 5) { box, artifact in
      let run = try box.succeed("run", "--invoke", "value", artifact.module)
      #expect(run.output == "\(artifact.value)\n")
      #expect(run.errors == "")
    }
  }

  @Test func pathCompilesThoseOfAllBackendsAgain() throws {
    try Sandbox.use { box in
      try box.write(WasmBinary.returning(1), to: "one.wasm")
      try box.succeed("--backend", "cranelift", "--backend", "winch", ".")
      let paths = try box.succeed("path", "--backend", "cranelift", "--backend", "winch", "one.wasm")
      for entry in paths.outputLines { try flipBit(ofArtifactAt: entry) }
      let again = try box.succeed(
        "path", "--verify", "--compile", "--backend", "cranelift", "--backend", "winch", "one.wasm")
      #expect(again.output == paths.output)
      #expect(try box.succeed("cache", "verify").outputLines.last?.hasSuffix(": all good") == true)
    }
  }
}
