import Foundation
import TestSupport
import Testing

@testable import WasmCache
@testable import WasmEngine

/// The test vectors and lists of `FORMAT.md`, which say what other programs are to compute.
struct FormatVectorTests {
  private struct NoBlock: Error {}

  /// The fenced block that has this word behind its fence.
  private static func block(_ mark: String) throws -> Substring {
    let text = try String(contentsOfFile: "\(EngineUnderTest.packageRoot)/FORMAT.md", encoding: .utf8)
    guard let start = text.range(of: "\n```\(mark)\n"),
      let end = text.range(of: "\n```\n", range: start.upperBound..<text.endIndex)
    else { throw NoBlock() }
    return text[start.upperBound..<end.lowerBound]
  }

  private static func decode<Value: Decodable>(_ mark: String) throws -> Value {
    try JSONDecoder().decode(Value.self, from: Data(block(mark).utf8))
  }

  private struct Vector: Decodable {
    let backend: String
    let version: String
    let record: String
    let build: String
    let features: String
    let identity: String
    let directory: String
  }

  @Test func identities() throws {
    let vectors: [Vector] = try Self.decode("json vectors")
    #expect(vectors.count == 4)
    for vector in vectors {
      let identity = ArtifactIdentity(
        format: .wasmtime, wish: CompileWish(backend: Backend(rawValue: vector.backend)), version: vector.version,
        target: "", record: try #require([UInt8](hex: vector.record.utf8)),
        build: try #require([UInt8](hex: vector.build.utf8)),
        features: try #require(FeaturePolicy(rawValue: vector.features)))
      #expect(identity.digest.hex == vector.identity)
      #expect(identity.directoryName == vector.directory)
    }
  }

  private struct Rule: Decodable {
    let `case`: String
    let host: String
    let artifact: String
    let fits: Bool
  }

  @Test func whatMayBeFiled() throws {
    let rules: [Rule] = try Self.decode("json rule")
    #expect(rules.count == 12)
    for rule in rules {
      let host = CompatibilityRecord(bytes: try #require([UInt8](hex: rule.host.utf8)))
      let artifact = CompatibilityRecord(bytes: try #require([UInt8](hex: rule.artifact.utf8)))
      #expect(host.covers(artifact) == rule.fits, "\(rule.case)")
    }
  }

  /// What the table of levels says that a level switches off, and the next does not.
  @Test func levels() throws {
    let text = try String(contentsOfFile: "\(EngineUnderTest.packageRoot)/FORMAT.md", encoding: .utf8)
    let levels = FeatureLevel.allCases
    for (level, next) in zip(levels, levels.dropFirst()) {
      let row = try #require(text.split(separator: "\n").first { $0.hasPrefix("| \(level) | ") })
      let named = row.split(separator: "`", omittingEmptySubsequences: false).enumerated().filter { $0.offset % 2 == 1 }
        .map { String($0.element) }
      let off = Set(level.settingsOff(for: .coreModule)).subtracting(next.settingsOff(for: .coreModule))
      let others = named.filter { !off.contains($0) && $0 != "component-model-…" }
      #expect(others == [], "\(level)")
      #expect(off.subtracting(named).allSatisfy { $0.hasPrefix("component-model-") }, "\(level)")
    }
    #expect(FeatureLevel.all.settingsOff(for: .coreModule) == [])
  }
}
