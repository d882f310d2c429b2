/// A compatibility record, taken apart.
///
/// The layout is the engine's own affair. A format byte comes first. Then follow, in the encoding of the Rust crate
/// `postcard`, the version, the target, flags of the compiler and features of the processor as names with values, and
/// tunables and WebAssembly features without names. Releases 24 to 50 have this layout. Where it differs, records can only
/// be compared as a whole.
package struct RecordParts: Hashable, Sendable {
  package let version: String
  package let target: String
  /// In the record's order.
  package let flags: [Flag]
  package let processor: [Flag]
  /// Tunables and WebAssembly features, in the record's order: each byte sequence is one number.
  package let numbers: [UInt64]

  package struct Flag: Hashable, Sendable {
    package let name: String
    package let value: String
  }

  /// - Returns: nil if the record is not laid out like that.
  package init?(_ record: CompatibilityRecord) {
    var reader = RecordReader(record.bytes)
    guard reader.byte() != nil, let version = reader.text(), let target = reader.text(), let flags = reader.flags(),
      let processor = reader.flags(), let numbers = reader.numbers()
    else { return nil }
    self.version = version
    self.target = target
    self.flags = flags
    self.processor = processor
    self.numbers = numbers
  }

  /// The major version; nil if the record names none.
  package var release: Int? { Int(version.prefix(while: \.isNumber)) }

  /// The tunables, without the WebAssembly features behind them.
  package var tunables: ArraySlice<UInt64> { numbers.dropLast(featureCount) }

  /// The WebAssembly features: one number of bits, before release 28 one number for each.
  package var features: ArraySlice<UInt64> { numbers.suffix(featureCount) }

  /// How many numbers are features.
  private var featureCount: Int { (release ?? .max) < 28 ? min(numbers.count, 20) : min(numbers.count, 1) }

  /// Whether engines of this release record a garbage collector, as the first of their tunables.
  private var namesCollector: Bool { (release ?? 0) >= 27 }

  /// The tunables that are compared, without the collector that comes first; whether there is one.
  private var collector: (isNamed: Bool, others: ArraySlice<UInt64>) {
    guard namesCollector, let first = tunables.first else { return (false, tunables) }
    // None is one number; some collector is followed by which.
    return first == 0 ? (false, tunables.dropFirst()) : (true, tunables.dropFirst(2))
  }
}

extension RecordParts {
  /// The garbage collector, as a number; nil if there is none or none is recorded.
  package var collectorName: String? {
    guard namesCollector, let first = tunables.first, first != 0 else { return nil }
    return tunables.dropFirst().first.map { "\($0)" }
  }

  /// The tunables behind the collector.
  package var otherTunables: ArraySlice<UInt64> { collector.others }

  /// Whether an engine with this record loads an artifact with another: wasmtime's own rule, without the parts that are the
  /// same in all artifacts that are made here.
  ///
  /// Source: `engine/serialization.rs` of wasmtime 24 to 50. An artifact may do with less than its host has: features of the
  /// processor and, from release 37 on, of WebAssembly, and a garbage collector.
  package func loads(_ artifact: RecordParts) -> Bool {
    guard version == artifact.version, target == artifact.target, numbers.count >= artifact.numbers.count else {
      return false
    }
    let own = Dictionary(flags.map { ($0.name, $0.value) }) { first, _ in first }
    let flagsAgree = artifact.flags.allSatisfy { Self.harmless.contains($0.name) || own[$0.name] == $0.value }
    let has = Set(processor.filter { $0.value == "true" }.map(\.name))
    let processorSuffices = artifact.processor.allSatisfy { $0.value != "true" || has.contains($0.name) }
    let (needsCollector, others) = artifact.collector
    let tunablesAgree = others == collector.others && (!needsCollector || tunables == artifact.tunables)
    let featuresSuffice =
      CompatibilityRecord.acceptsFewerFeatures(release)
      ? features.count == artifact.features.count && zip(features, artifact.features).allSatisfy { $0 & $1 == $1 }
      : features == artifact.features
    return flagsAgree && processorSuffices && tunablesAgree && featuresSuffice
  }

  /// Whether an engine with this record is one with another record, but for WebAssembly that only the other has.
  ///
  /// Both compile a module alike, if it needs nothing that this one lacks: code for the same processor, with the same flags and
  /// tunables. Releases that want exactly the WebAssembly that they have are alike to no other.
  fileprivate func isNarrower(than other: RecordParts) -> Bool {
    CompatibilityRecord.acceptsFewerFeatures(release) && version == other.version && target == other.target
      && flags == other.flags && processor == other.processor && otherTunables == other.otherTunables
      && (!collector.isNamed || tunables == other.tunables)
      && features.count == other.features.count && zip(features, other.features).allSatisfy { $0 & ~$1 == 0 }
  }

  /// Flags that change the code, but not the engines that it fits. Each was changed in artifacts of 24.0.0, 36.0.0 and 50.0.1,
  /// which loaded them.
  private static let harmless: Set<String> = [
    "opt_level", "regalloc_algorithm", "regalloc_checker", "regalloc_verbose_logs", "enable_alias_analysis",
    "enable_verifier", "enable_pcc", "is_pic", "machine_code_cfg_info", "bb_padding_log2_minus_one",
    "log2_min_function_alignment", "enable_jump_tables", "enable_heap_access_spectre_mitigation",
    "enable_table_access_spectre_mitigation", "enable_nan_canonicalization", "enable_float",
    "enable_incremental_compilation_cache_checks", "probestack_size_log2", "tls_model", "unwind_info",
    "enable_compact_unwind_abi",
  ]
}

extension CompatibilityRecord {
  /// Whether an artifact with another record is what an engine with this one makes, but for WebAssembly that it may assume.
  ///
  /// An engine also loads what was optimized for something else, and that is not what was asked for.
  package func covers(_ artifact: CompatibilityRecord) -> Bool {
    if self == artifact { return true }
    guard let own = RecordParts(self), let other = RecordParts(artifact) else { return false }
    return own.flags == other.flags && own.loads(other)
  }

  /// Whether an engine with this record makes what one with another record makes, of modules that need nothing that it lacks.
  package func isNarrower(than other: CompatibilityRecord) -> Bool {
    guard self != other, let own = RecordParts(self), let other = RecordParts(other) else { return false }
    return own.isNarrower(than: other)
  }

  /// Whether an engine with this record loads an artifact with another.
  package func loads(_ artifact: CompatibilityRecord) -> Bool {
    if self == artifact { return true }
    guard let own = RecordParts(self), let other = RecordParts(artifact) else { return false }
    return own.loads(other)
  }
}

/// Reads the bytes of a record, which come from outside.
private struct RecordReader {
  private var rest: ArraySlice<UInt8>

  init(_ bytes: [UInt8]) { rest = bytes[...] }

  mutating func byte() -> UInt8? { rest.popFirst() }

  /// A number of up to 64 bits, 7 in each byte, the lowest first; the highest bit says that more follow.
  mutating func number() -> UInt64? {
    var value: UInt64 = 0
    for shift in stride(from: 0, to: 70, by: 7) {
      guard let byte = rest.popFirst() else { return nil }
      let bits = UInt64(byte & 0x7f)
      guard shift < 63 || bits <= 1 else { return nil }
      value |= bits << UInt64(shift)
      if byte < 0x80 { return value }
    }
    return nil
  }

  /// A short text that can be shown.
  mutating func text() -> String? {
    guard let count = number(), count <= 1000, rest.count >= Int(count) else { return nil }
    let bytes = rest.prefix(Int(count))
    guard bytes.allSatisfy({ (0x20...0x7e).contains($0) }) else { return nil }
    rest = rest.dropFirst(Int(count))
    return String(decoding: bytes, as: UTF8.self)
  }

  mutating func flags() -> [RecordParts.Flag]? {
    guard let count = number(), count <= 1000 else { return nil }
    var flags: [RecordParts.Flag] = []
    for _ in 0..<count {
      guard let name = text(), let kind = byte() else { return nil }
      let value: String?
      switch kind {
      case 0: value = text()
      case 1: value = byte().map { "\($0)" }
      case 2: value = byte().map { $0 == 0 ? "false" : "true" }
      default: value = nil
      }
      guard let value else { return nil }
      flags.append(RecordParts.Flag(name: name, value: value))
    }
    return flags
  }

  /// The rest, which must end with a number's end.
  mutating func numbers() -> [UInt64]? {
    var numbers: [UInt64] = []
    while !rest.isEmpty {
      guard let number = number() else { return nil }
      numbers.append(number)
    }
    return numbers
  }
}
