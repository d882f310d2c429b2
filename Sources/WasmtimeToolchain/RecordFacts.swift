internal import WasmEngine

/// A record as facts that have names, so that two can be compared one by one.
struct RecordFacts: Equatable {
  private var facts: [String: String] = [:]
  static let collector = "collector"

  init(_ parts: RecordParts) {
    for flag in parts.flags { facts["flag \(flag.name)"] = flag.value }
    for flag in parts.processor where flag.value == "true" { facts["processor \(flag.name)"] = "true" }
    facts[Self.collector] = parts.collectorName
    for (index, value) in parts.otherTunables.enumerated() { facts["tunable \(index)"] = "\(value)" }
    for (index, value) in parts.features.enumerated() {
      for bit in 0..<64 where value >> UInt64(bit) & 1 == 1 { facts["feature \(index * 64 + bit)"] = "on" }
    }
  }

  subscript(_ name: String) -> String? { facts[name] }

  /// Tunables, the collector first, and the features that are on, each in the record's order.
  var named: [(name: String, value: String)] {
    func numbered(_ kind: String) -> [(name: String, value: String)] {
      facts.filter { $0.key.hasPrefix("\(kind) ") }
        .map { (number: Int($0.key.dropFirst(kind.count + 1)) ?? 0, fact: $0) }
        .sorted { $0.number < $1.number }.map { ($0.fact.key, $0.fact.value) }
    }
    return [(Self.collector, facts[Self.collector] ?? "none")] + numbered("tunable") + numbered("feature")
  }

  func differences(from other: RecordFacts) -> [String] {
    Set(facts.keys).union(other.facts.keys).filter { facts[$0] != other.facts[$0] }.sorted()
  }

  /// The features that are on, as ``CPUTarget`` calls them.
  var processor: Set<String> {
    let prefix = "processor has_"
    return Set(facts.keys.filter { $0.hasPrefix(prefix) }.map { String($0.dropFirst(prefix.count)) })
  }
}
