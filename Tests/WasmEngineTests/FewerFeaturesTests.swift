import TestSupport
import Testing

@testable import WasmEngine

/// Artifacts that have less of WebAssembly than the engine that loads them.
struct FewerFeaturesTests {
  private static func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }

  private func record(_ version: String, features: UInt8) -> CompatibilityRecord {
    CompatibilityRecord(
      bytes: [0] + Self.text(version) + Self.text("x86_64-unknown-linux-gnu") + [0, 0, 0, 7] + [features])
  }

  @Test(arguments: [("36.0.0", false), ("37.0.0", true), ("50", true)])
  func releasesBefore37WantExactlyWhatTheyHave(_ version: String, _ accepts: Bool) {
    #expect(record(version, features: 3).loads(record(version, features: 1)) == accepts)
    #expect(record(version, features: 3).loads(record(version, features: 3)))
    #expect(!record(version, features: 1).loads(record(version, features: 3)))
  }

  /// Whatever the release, the host's own engine loads what is compiled for it with least features.
  @Test(arguments: EngineUnderTest.versions) func theHostLoadsWhatIsCompiledForIt(_ version: String) throws {
    let library = try EngineLibrary(path: EngineUnderTest.library(version))
    let compiler = try ModuleCompiler(library: library, settings: EngineSettings(backend: .cranelift))
    let artifact = try WasmBinary.returning(1).withUnsafeBytes { bytes in
      Result { () throws(EngineError) in
        try compiler.compile(bytes, as: .coreModule, parallel: false) { Array($0) }
      }
    }.get()
    let own = try #require(artifact.withUnsafeBytes { CompatibilityRecord(artifact: $0) })
    let host = try compiler.record()
    #expect(host.loads(own))
    #expect((own == host) == ["24.0.0", "36.0.0"].contains(version))
    #expect(throws: Never.self) {
      try artifact.withUnsafeBytes { bytes in
        Result { () throws(ArtifactError) in try compiler.host.tryLoading(bytes, as: .coreModule) }
      }.get()
    }
  }
}
