import TestSupport
import Testing

@testable import WasmEngine

struct CPUTargetTests {
  @Test(arguments: CPUTarget.names) func everyNameIsPrintedAsItIsRead(_ name: String) throws {
    let target = try #require(CPUTarget(name))
    #expect("\(target)" == name)
    #expect(try "\(#require(CPUTarget("\(name),-b,+a")))" == "\(name),+a,-b", "in the order of the features' names")
  }

  @Test func theLastWordAboutAFeatureCounts() throws {
    #expect(CPUTarget("native,+a,-a") == CPUTarget("native,-a"))
    #expect(CPUTarget("native") == .native && CPUTarget("baseline") == .baseline)
    #expect(CPUTarget("baseline,+a") != CPUTarget("native,+a"))
    #expect(try #require(CPUTarget("native,-avx512f")).isNative && !CPUTarget.baseline.isNative)
  }

  @Test(arguments: [
    "", " native", "Native", "z80", "x86-64-v5", "native,", "native,avx", "native,+", "native,-", "native,+A",
    "native,+a b",
    "+a", ",+a", "native,,+a", "native,+é", "native,+a=b",
  ]) func whatIsNoProcessorIsRefused(_ text: String) { #expect(CPUTarget(text) == nil) }

  @Test func aFeatureIsSwitchedOffAfterTheProcessorsAreOn() throws {
    let name = try #require(CPUTarget.names.last)
    let features = try #require(CPUTarget.features(of: name))
    let first = try #require(features.first)
    let flags = try #require(CPUTarget("\(name),-\(first)")).flags
    #expect(flags.dropLast().map(\.feature) == features && flags.dropLast().allSatisfy(\.isOn))
    #expect(flags.last == CPUTarget.Change(feature: first, isOn: false))
    #expect(CPUTarget.features(of: "native") == nil && CPUTarget.features(of: "baseline") == [])
  }

  /// A feature that the engine does not know would end the process.
  @Test(arguments: EngineUnderTest.versions, CPUTarget.names)
  func theEngineHasEveryFeature(_ version: String, _ name: String) throws {
    let cpu = try #require(CPUTarget(name))
    let record: CompatibilityRecord
    do { record = try EngineArtifact.record(of: version, EngineSettings(backend: .cranelift, cpu: cpu)) } catch {
      // This machine lacks one of them. The engine knows it, and says so.
      #expect("\(error)".contains("is enabled, but not available on the host"), "\(error)")
      return
    }
    let parts = try #require(RecordParts(record))
    let on = Set(parts.processor.filter { $0.value == "true" }.map(\.name))
    guard let features = CPUTarget.features(of: name) else { return }
    let later = version == "24.0.0" ? CPUTarget.sinceRelease28 : []
    #expect(on == Set(features.filter { !later.contains($0) }.map { "has_\($0)" }))
  }

  #if arch(x86_64)
    /// The psABI's levels contain each other.
    @Test func levelsGrow() throws {
      let levels = try ["x86-64", "x86-64-v2", "x86-64-v3", "x86-64-v4"].map {
        try #require(CPUTarget.features(of: $0))
      }
      for (lower, higher) in zip(levels, levels.dropFirst()) {
        #expect(Set(lower).isStrictSubset(of: higher) && higher.count == Set(higher).count)
      }
    }

    @Test func everyProcessorHasARecordOfItsOwnFeatures() throws {
      let v3 = try EngineArtifact.record(
        of: EngineUnderTest.version, .init(backend: .cranelift, cpu: #require(CPUTarget("x86-64-v3"))))
      let less = try EngineArtifact.record(
        of: EngineUnderTest.version, .init(backend: .cranelift, cpu: #require(CPUTarget("x86-64-v3,-fma"))))
      #expect(v3.loads(less) && !less.loads(v3))
    }
  #endif
}
