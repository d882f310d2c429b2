package import WasmEngine

extension EngineProbe {
  /// The tunables and WebAssembly features of an artifact's record, by the names of the settings that change them.
  ///
  /// - Returns: for each, its name and its value; empty if the engine is of another release, so that it cannot tell.
  package func namedFacts(of sample: CompatibilityRecord) throws(LikenessFailure) -> [(name: String, value: String)] {
    guard let wanted = RecordParts(sample) else { throw .unreadable }
    let base = EngineSettings(backend: wanted.target.hasPrefix("pulley") ? .pulley : .cranelift)
    let parts = try parts(of: base)
    guard parts.version == wanted.version else { return [] }
    let facts = RecordFacts(parts)
    var candidates: [(name: String, settings: EngineSettings)] = []
    for (name, values) in EngineSetting.choices where !Self.needed.contains(name) {
      candidates += values.map { (name, base.setting(name, $0)) }
    }
    candidates += EngineSetting.numbers.map { ($0, base.setting($0, Self.unusual)) }
    var names = UnreachableFacts.names(inRelease: parts.release ?? 0)
    // A setting that changes one thing alone names it better than one that changes several.
    var changes: [(name: String, facts: [String])] = []
    for (candidate, answer) in zip(candidates, try answers(to: candidates.map(\.settings))) {
      guard let record = try? answer.get(), let parts = RecordParts(record) else { continue }
      let own = RecordFacts(parts).differences(from: facts).filter {
        $0.hasPrefix("tunable ") || $0.hasPrefix("feature ")
      }
      if !own.isEmpty { changes.append((candidate.name, own)) }
    }
    for change in changes.sorted(by: { $0.facts.count < $1.facts.count }) {
      for fact in change.facts where names[fact] == nil { names[fact] = change.name }
    }
    let goal = RecordFacts(wanted)
    var told: Set<String> = []
    return goal.named.map { fact in
      let name = names[fact.name] ?? fact.name
      // A setting of memories changes the heap of garbage collection, too, which comes after them.
      let isFirst = told.insert(name).inserted
      return (isFirst ? name : EngineSetting.follower(of: name) ?? name, fact.value)
    }
  }
}
