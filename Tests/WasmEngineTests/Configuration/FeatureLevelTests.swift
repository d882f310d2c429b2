import Testing

@testable import WasmEngine

struct FeatureLevelTests {
  @Test func eachLevelSwitchesOffLessThanTheOneBelow() {
    for kind in [ModuleKind.coreModule, .component] {
      for (lower, higher) in zip(FeatureLevel.allCases, FeatureLevel.allCases.dropFirst()) {
        #expect(lower < higher)
        #expect(Set(higher.settingsOff(for: kind)).isStrictSubset(of: lower.settingsOff(for: kind)))
      }
      #expect(FeatureLevel.all.settingsOff(for: kind).isEmpty)
    }
  }

  @Test func everyLevelSwitchesOffFeaturesThatThereAre() {
    for level in FeatureLevel.allCases {
      let names = level.settingsOff(for: .coreModule)
      #expect(Set(names).count == names.count)
      for name in names {
        guard let setting = EngineSetting.named(name), case .decides(let accesses) = setting.effect else {
          Issue.record("there is no setting \(name)")
          continue
        }
        #expect(setting.group == .wasm && setting.form == .toggle && !accesses.isEmpty)
      }
    }
  }

  @Test func whatEachLevelIsFor() {
    func addition(_ level: FeatureLevel, _ below: FeatureLevel) -> Set<String> {
      Set(below.settingsOff(for: .coreModule)).subtracting(level.settingsOff(for: .coreModule))
    }
    #expect(addition(.threads, .basic) == ["threads"])
    #expect(
      addition(.extended, .threads) == [
        "relaxed-simd", "multi-memory", "tail-call", "memory64", "custom-page-sizes", "wide-arithmetic",
      ])
    #expect(addition(.all, .extended).isSuperset(of: ["gc", "gc-support", "exceptions", "function-references"]))
    #expect(!addition(.all, .extended).contains("simd"), "hosts without it are rare, and engines abort on its lack")
  }

  /// The compiler aborts on exceptions without garbage collection.
  @Test func exceptionsGoWithGarbageCollection() {
    for level in FeatureLevel.allCases {
      let names = level.settingsOff(for: .coreModule)
      #expect(names.contains("exceptions") == names.contains("gc-support"))
    }
  }

  @Test func componentsKeepTheComponentModel() {
    for level in FeatureLevel.allCases where level < .all {
      #expect(
        Set(level.settingsOff(for: .coreModule)).subtracting(level.settingsOff(for: .component)) == ["component-model"])
    }
  }

  /// Records of the newest release, and of one that loads only what has just its own features.
  private static func record(_ version: String) -> CompatibilityRecord {
    CompatibilityRecord(bytes: [0, UInt8(version.utf8.count)] + Array(version.utf8) + [0])
  }

  private func levels(_ kind: ModuleKind, _ policy: FeaturePolicy, _ version: String) -> [FeatureLevel] {
    FeatureLevel.levels(for: kind, policy, host: Self.record(version))
  }

  @Test func whatIsTried() {
    #expect(levels(.coreModule, .least, "50") == [.basic, .threads, .extended, .all])
    #expect(levels(.component, .least, "50") == [.basic, .all])
    for kind in [ModuleKind.coreModule, .component] {
      #expect(levels(kind, .all, "50") == [.all] && levels(kind, .least, "36.0.0") == [.all])
    }
  }
}
