import TestSupport
import Testing

@testable import WasmEngine

struct CompatibilityRecordTests {
  @Test(arguments: [("24.0.0", "24.0.0"), ("36.0.0", "36.0.0"), ("48.0.0", "48"), ("50.0.1", "50")])
  func namesItsReleaseAndTarget(_ release: String, _ version: String) throws {
    let record = try EngineArtifact.record(of: release)
    #expect(record.version == version)
    #expect(record.target == EngineUnderTest.hostTriple)
    #expect(record.bytes.count > 500)
  }

  @Test func isTheSameOfEveryArtifact() throws {
    let record = try EngineArtifact.record(of: EngineUnderTest.version)
    for module in [WasmBinary.empty, WasmBinary.returning(1)] {
      let artifact = try EngineArtifact.compile(module)
      #expect(artifact.withUnsafeBytes { CompatibilityRecord(artifact: $0) } == record)
    }
  }

  /// Equal records would let the artifacts of one choice pass for those of another.
  @Test(arguments: ["48.0.0", "50.0.1"]) func everyChoiceHasARecordOfItsOwn(_ release: String) throws {
    var choices: Set<EngineSettings> = []
    for backend in Backend.libwasmtime {
      for optimization in OptimizationLevel.allCases {
        for cpu in [CPUTarget.native, .baseline] {
          choices.insert(EngineSettings(backend: backend, optimization: optimization, cpu: cpu))
        }
      }
    }
    #expect(choices.count == 11)
    var records: [CompatibilityRecord: EngineSettings] = [:]
    for settings in choices {
      let record = try EngineArtifact.record(of: release, settings)
      #expect(records.updateValue(settings, forKey: record) == nil, "\(settings)")
      #expect(record.target.hasPrefix("pulley64") == (settings.backend == .pulley))
    }
  }

  /// The layout is the engine's own affair: whatever it becomes, only words in messages are lost.
  @Test(
    arguments: [
      ([], "unknown", "unknown"),
      ([0], "unknown", "unknown"),
      ([0, 2], "unknown", "unknown"),
      ([0, 2, 0x35], "unknown", "unknown"),
      ([0, 2, 0x35, 0x30], "50", "unknown"),
      ([0, 2, 0x35, 0x30, 3, 0x78, 0x38], "50", "unknown"),
      ([0, 2, 0x35, 0x30, 2, 0x78, 0x38], "50", "x8"),
      ([0, 2, 0x35, 0x30, 2, 0x78, 0x0a], "50", "unknown"),
      ([0, 2, 0x2f, 0x30, 2, 0x78, 0x38], "unknown", "unknown"),
      ([0, 2, 0x20, 0x30, 2, 0x78, 0x38], "unknown", "unknown"),
      ([0, 2, 0xc3, 0xa9, 2, 0x78, 0x38], "unknown", "unknown"),
      ([0, 255, 1, 2, 3], "unknown", "unknown"),
    ] as [([UInt8], String, String)])
  func garbageNamesNothing(_ bytes: [UInt8], _ version: String, _ target: String) {
    let record = CompatibilityRecord(bytes: bytes)
    #expect(record.version == version)
    #expect(record.target == target)
  }

  @Test func randomBytesNeverCrash() {
    var random = SeededGenerator(seed: 2)
    for count in 0..<2000 {
      let record = CompatibilityRecord(bytes: random.bytes(count: count % 100))
      #expect(!record.version.isEmpty || record.bytes[1] == 0)
      _ = record.target
    }
  }

  @Test func isAbsentFromOtherFiles() {
    for bytes in [[], WasmBinary.empty, ELFImage(sections: []).bytes] as [[UInt8]] {
      #expect(bytes.withUnsafeBytes { CompatibilityRecord(artifact: $0) } == nil)
    }
    let empty = ELFImage(sections: [.init(name: CompatibilityRecord.sectionName)]).bytes
    #expect(empty.withUnsafeBytes { CompatibilityRecord(artifact: $0) } == nil)
    let full = ELFImage(sections: [.init(name: CompatibilityRecord.sectionName, contents: [1])]).bytes
    #expect(full.withUnsafeBytes { CompatibilityRecord(artifact: $0) } == CompatibilityRecord(bytes: [1]))
  }
}
