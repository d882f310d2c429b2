/// The processors that the generated code may run on: a processor or a level of processors, and features more or less.
public struct CPUTarget: Hashable, Sendable {
  /// What the features are counted from.
  enum Base: Hashable, Sendable {
    case native, baseline
    /// A processor or a level that has a name, and its features.
    case named(String, [String])
  }

  package struct Change: Hashable, Sendable {
    /// As Cranelift calls it, without `has_`: `avx512f`.
    package let feature: String
    package let isOn: Bool
  }

  let base: Base
  /// In the order of the features' names.
  package let changes: [Change]

  /// This machine's, with every feature it has.
  public static let native = CPUTarget(base: .native, changes: [])
  /// Any processor of this architecture.
  public static let baseline = CPUTarget(base: .baseline, changes: [])

  private init(base: Base, changes: [Change]) {
    self.base = base
    self.changes = changes
  }

  /// Reads `native`, `baseline`, `x86-64-v3`, `native,-avx512f`, `baseline,+lse`.
  ///
  /// - Returns: nil if there is no such processor, or a feature has no sign.
  public init?(_ text: String) {
    var words = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    switch words.removeFirst() {
    case "native": base = .native
    case "baseline": base = .baseline
    case let name:
      guard let features = Self.processors.first(where: { $0.name == name })?.features else { return nil }
      base = .named(name, features)
    }
    var changes: [String: Bool] = [:]
    for word in words {
      guard let sign = word.first, sign == "+" || sign == "-" else { return nil }
      let feature = word.dropFirst()
      guard !feature.isEmpty, feature.utf8.allSatisfy(Self.isFeature) else { return nil }
      changes[String(feature)] = sign == "+"
    }
    self.changes = changes.sorted { $0.key < $1.key }.map { Change(feature: $0.key, isOn: $0.value) }
  }

  private static func isFeature(_ byte: UInt8) -> Bool {
    UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte
      || byte == UInt8(ascii: "_")
  }

  /// Whether the code uses what this machine's processor has.
  package var isNative: Bool { base == .native }

  /// Whether it begins with a processor or a level of this architecture.
  package var isNamed: Bool { if case .named = base { true } else { false } }

  /// The features to switch on or off in the engine.
  package var flags: [Change] {
    guard case .named(_, let features) = base else { return changes }
    return features.map { Change(feature: $0, isOn: true) } + changes
  }

  /// The names of processors and levels that this architecture has.
  package static var names: [String] { ["native", "baseline"] + processors.map(\.name) }

  /// The features that a processor has beyond the baseline; nil if it is this machine's.
  package static func features(of name: String) -> [String]? {
    name == "baseline" ? [] : processors.first { $0.name == name }?.features
  }

  /// The features that only releases since 28 have a flag for. Earlier ones do not use them.
  static let sinceRelease28: Set<String> = ["cmpxchg16b"]

  // Complete lists: Cranelift's own presets of these names leave out AVX, without which it uses nothing that came after.
  // Sources: the System V ABI's levels of x86-64, and the processors' manuals; only what Cranelift has a flag for.
  #if arch(x86_64)
    private static let v2 = ["sse3", "ssse3", "cmpxchg16b", "sse41", "sse42", "popcnt"]
    private static let v3 = v2 + ["avx", "avx2", "fma", "bmi1", "bmi2", "lzcnt"]
    private static let v4 = v3 + ["avx512f", "avx512dq", "avx512vl"]
    private static let iceLake = v4 + ["avx512vbmi", "avx512bitalg"]

    private static let processors: [(name: String, features: [String])] = [
      ("x86-64", []), ("x86-64-v2", v2), ("x86-64-v3", v3), ("x86-64-v4", v4), ("nehalem", v2), ("westmere", v2),
      ("sandybridge", v2 + ["avx"]), ("ivybridge", v2 + ["avx"]), ("haswell", v3), ("broadwell", v3), ("skylake", v3),
      ("skylake-avx512", v4), ("cascadelake", v4), ("icelake-server", iceLake), ("sapphirerapids", iceLake),
      ("alderlake", v3), ("znver1", v3), ("znver2", v3), ("znver3", v3), ("znver4", iceLake),
    ]
  #elseif arch(arm64)
    private static let processors: [(name: String, features: [String])] = [
      ("armv8-a", []), ("armv8.1-a", ["lse"]), ("neoverse-n1", ["lse", "fp16"]),
      ("neoverse-v1", ["lse", "fp16", "pauth"]), ("apple-m1", ["lse", "fp16", "pauth"]),
    ]
  #endif
}

extension CPUTarget: CustomStringConvertible {
  /// As it is read: `x86-64-v3`, `native,-avx512f`.
  public var description: String {
    let start =
      switch base {
      case .native: "native"
      case .baseline: "baseline"
      case .named(let name, _): name
      }
    // Each start asks for this, and to join an array of texts would take 0.07 ms for generic code.
    return changes.reduce(into: start) { text, change in text += (change.isOn ? ",+" : ",-") + change.feature }
  }
}
