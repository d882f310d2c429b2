import TestSupport
import Testing

@testable import WasmEngine

/// Compatibility records taken apart, and wasmtime's rule about which of them fit each other.
struct RecordPartsTests {
  private static func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }

  /// A record with a garbage collector, two tunables and a number of features.
  private static func record(
    version: String = "50", target: String = "x86_64-unknown-linux-gnu", level: String = "speed", unwind: UInt8 = 1,
    probestack: UInt8 = 1, avx: UInt8 = 1, collector: [UInt8] = [1, 0], tunables: [UInt8] = [2, 3],
    features: UInt8 = 0b0111
  ) -> [UInt8] {
    let start = [0] + text(version) + text(target)
    let shared = [4] + text("opt_level") + [0] + text(level) + text("unwind_info") + [2, unwind]
    let others = text("stack_log2") + [1, 12] + text("enable_probestack") + [2, probestack]
    return start + shared + others + [1] + text("has_avx") + [2, avx] + collector + tunables + [features]
  }

  private static func parts(_ bytes: [UInt8]) -> RecordParts? { RecordParts(CompatibilityRecord(bytes: bytes)) }

  private func loads(_ host: [UInt8], _ artifact: [UInt8]) -> Bool {
    CompatibilityRecord(bytes: host).loads(CompatibilityRecord(bytes: artifact))
  }

  // MARK: Taking apart

  @Test func tellsFlagsAndFeatures() throws {
    let parts = try #require(Self.parts(Self.record(avx: 0)))
    #expect(parts.version == "50" && parts.release == 50 && parts.target == "x86_64-unknown-linux-gnu")
    #expect(
      parts.flags.map { "\($0.name)=\($0.value)" } == [
        "opt_level=speed", "unwind_info=true", "stack_log2=12", "enable_probestack=true",
      ])
    #expect(parts.processor.map { "\($0.name)=\($0.value)" } == ["has_avx=false"])
    #expect(parts.numbers == [1, 0, 2, 3, 7])
    #expect(parts.collectorName == "0" && parts.otherTunables == [2, 3] && parts.features == [7])
  }

  @Test func numbersAreReadToTheirEnd() throws {
    let start = Self.record(collector: [], tunables: [], features: 0)
    let largest: [UInt8] = Array(repeating: 0xff, count: 9) + [1]
    #expect(try #require(Self.parts(start + largest + [0x80, 1])).numbers.suffix(2) == [.max, 128])
    #expect(Self.parts(start + [0x80]) == nil, "the last number is cut short")
    #expect(Self.parts(start + Array(repeating: 0xff, count: 9) + [2]) == nil, "65 bits")
    #expect(Self.parts(start + Array(repeating: 0x80, count: 10) + [1]) == nil, "71 bits")
  }

  @Test func otherLayoutsAreNotTakenApart() {
    #expect(Self.parts([]) == nil)
    #expect(Self.parts([0, 2, 0x35]) == nil)
    let whole = Self.record()
    for count in 0..<whole.count { _ = Self.parts(Array(whole.prefix(count))) }
    var random = SeededGenerator(seed: 9)
    for _ in 0..<20_000 { _ = Self.parts(random.mutating(random.mutating(whole))) }
  }

  /// Where the layout is not known, a record only fits itself.
  @Test func unknownLayoutsAreComparedAsAWhole() {
    #expect(loads([1, 2, 3], [1, 2, 3]))
    #expect(!loads([1, 2, 3], [1, 2, 4]))
    #expect(!loads(Self.record(), Self.record().dropLast() + [0x80]))
  }

  // MARK: The rule

  @Test func releaseAndTargetMustBeTheHosts() {
    #expect(loads(Self.record(), Self.record()))
    #expect(!loads(Self.record(), Self.record(version: "48")))
    #expect(!loads(Self.record(), Self.record(target: "pulley64")))
  }

  @Test func flagsMustBeEqualWhereTheyMatter() {
    #expect(loads(Self.record(), Self.record(level: "none")))
    #expect(loads(Self.record(), Self.record(unwind: 0)))
    #expect(!loads(Self.record(), Self.record(probestack: 0)))
  }

  /// What was optimized for something else is loaded, and is not what was asked for.
  @Test func whatIsFiledHasTheSameFlags() {
    func covers(_ host: [UInt8], _ artifact: [UInt8]) -> Bool {
      CompatibilityRecord(bytes: host).covers(CompatibilityRecord(bytes: artifact))
    }
    #expect(covers(Self.record(), Self.record()) && covers([1, 2], [1, 2]) && !covers([1, 2], [1, 3]))
    #expect(covers(Self.record(), Self.record(collector: [0], features: 1)))
    #expect(!covers(Self.record(), Self.record(level: "none")))
    #expect(!covers(Self.record(), Self.record(tunables: [2, 4])))
  }

  @Test func theProcessorMustHaveWhatTheCodeUses() {
    #expect(loads(Self.record(), Self.record(avx: 0)))
    #expect(!loads(Self.record(avx: 0), Self.record()))
  }

  @Test func tunablesMustBeEqual() {
    #expect(!loads(Self.record(), Self.record(tunables: [2, 4])))
    #expect(!loads(Self.record(), Self.record(tunables: [2])))
    #expect(!loads(Self.record(), Self.record(tunables: [2, 3, 4])))
  }

  @Test func noCollectorSuitsEveryHostAndACollectorOnlyItsOwn() {
    let without: [UInt8] = [0]
    let (drc, copying): ([UInt8], [UInt8]) = ([1, 0], [1, 2])
    #expect(loads(Self.record(collector: drc), Self.record(collector: without)))
    #expect(loads(Self.record(collector: copying), Self.record(collector: without)))
    #expect(!loads(Self.record(collector: drc), Self.record(collector: copying)))
    #expect(!loads(Self.record(collector: without), Self.record(collector: drc)))
    // Before release 27 there is no such field.
    #expect(!loads(Self.record(version: "24.0.0", collector: drc), Self.record(version: "24.0.0", collector: without)))
  }

  @Test(arguments: 0..<16, 0..<16) func featuresMustBeASubset(_ host: UInt8, _ artifact: UInt8) {
    #expect(loads(Self.record(features: host), Self.record(features: artifact)) == (artifact & ~host == 0))
  }

  /// Each host loads what it made itself, and whatever loads both ways differs in nothing that decides.
  @Test(arguments: 0..<4) func mutatedRecordsKeepTheRule(_ seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    let whole = Self.record()
    var loaded = 0
    for _ in 0..<5000 {
      let bytes = random.mutating(whole)
      #expect(loads(bytes, bytes))
      if loads(whole, bytes) { loaded += 1 }
      guard loads(whole, bytes), loads(bytes, whole), let one = Self.parts(whole), let other = Self.parts(bytes) else {
        continue
      }
      #expect(one.version == other.version && one.target == other.target && one.numbers == other.numbers)
    }
    #expect((1..<5000).contains(loaded), "the mutations do something, and not too much")
  }

  // MARK: What two engines make alike

  private func isNarrower(_ one: [UInt8], than other: [UInt8]) -> Bool {
    CompatibilityRecord(bytes: one).isNarrower(than: CompatibilityRecord(bytes: other))
  }

  @Test func anEngineWithLessOfWebAssemblyMakesTheSame() {
    #expect(isNarrower(Self.record(features: 0b0101), than: Self.record()))
    #expect(isNarrower(Self.record(collector: [0], features: 0b0001), than: Self.record()), "no collector, either")
    #expect(!isNarrower(Self.record(), than: Self.record()), "it is the same")
    #expect(!isNarrower(Self.record(), than: Self.record(features: 0b0101)), "it has more")
    #expect(!isNarrower(Self.record(features: 0b1001), than: Self.record()), "each has something")
    #expect(!isNarrower(Self.record(features: 1), than: Self.record(collector: [0])), "only it collects")
    #expect(!isNarrower(Self.record(collector: [1, 1], features: 1), than: Self.record()), "they collect differently")
  }

  /// The engine would load some of these. They are not what was asked for.
  @Test func anEngineThatDiffersInAnythingElseDoesNot() {
    for other in [
      Self.record(version: "49", features: 1), Self.record(target: "aarch64-unknown-linux-gnu", features: 1),
      Self.record(level: "none", features: 1), Self.record(avx: 0, features: 1),
      Self.record(tunables: [2, 4], features: 1),
    ] {
      #expect(!isNarrower(other, than: Self.record()))
    }
    #expect(!isNarrower(Self.record(version: "36.0.0", features: 1), than: Self.record(version: "36.0.0")))
    #expect(isNarrower(Self.record(version: "37.0.0", features: 1), than: Self.record(version: "37.0.0")))
    #expect(!isNarrower([1, 2, 3], than: [1, 2, 4]))
  }
}
