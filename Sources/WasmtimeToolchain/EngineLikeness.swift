package import Precompiler
package import WasmEngine

/// The settings of the engine that serialized an artifact, as far as they can be found out.
///
/// The engine is asked, and no table: it says of itself what a single setting changes in its record, and where the sample
/// differs in just that, it was set.
package struct EngineLikeness: Sendable {
  package var settings: EngineSettings
  /// What differs and cannot be reached, in words.
  package let differences: [Difference]

  package struct Difference: Sendable {
    package let text: String
    /// Whether the host refuses artifacts because of it.
    package let isInTheWay: Bool
  }
}

/// Why an artifact says nothing about settings.
package enum LikenessFailure: Error, Sendable {
  case compiler(CompilerUnusable)
  case backend(BackendUnavailable)
  /// The record is laid out in a way that is not known.
  case unreadable
  case otherRelease(sample: String, engine: String)
  case otherTarget(sample: String, engine: String)
}

extension EngineProbe {
  /// Finds the settings with which the engine makes the same record as an artifact has.
  ///
  /// - Parameter base: the settings to start from.
  package func settings(
    like sample: CompatibilityRecord, from base: EngineSettings
  ) throws(LikenessFailure) -> EngineLikeness {
    guard let wanted = RecordParts(sample) else { throw .unreadable }
    var current = base
    if wanted.target.hasPrefix("pulley") { current = base.with(.pulley) }
    var parts = try parts(of: current)
    guard wanted.version == parts.version else {
      throw .otherRelease(sample: wanted.version, engine: parts.version)
    }
    guard wanted.target == parts.target else { throw .otherTarget(sample: wanted.target, engine: parts.target) }
    let goal = RecordFacts(wanted)
    for round in 0..<Self.rounds {
      let facts = RecordFacts(parts)
      if facts == goal { break }
      let found = try variations(of: current, facts: facts, goal: goal, isFirst: round == 0)
      if found == current { break }
      current = found
      parts = try self.parts(of: current)
    }
    current = try withoutNeedless(current, beyond: base)
    // Whether code can tell where it stands in the module is not compared.
    let names = UnreachableFacts.names(inRelease: parts.release ?? 0)
    let rest = RecordFacts(parts).differences(from: goal).filter { names[$0] != "address-map" }
    if rest.contains(RecordFacts.collector), current.configuration[Self.gcSupport] == nil {
      // The host has a garbage collector that only Rust can choose. It loads what does without any.
      let without = current.setting(Self.gcSupport, "false")
      if (try? self.parts(of: without)) != nil { current = without }
    }
    return EngineLikeness(
      settings: current,
      differences: rest.map { RecordFacts(parts).difference($0, from: goal, names) })
  }

  private static let rounds = 4
  private static let gcSupport = "gc-support"
  /// Engines abort if these are off while what needs them is on. By the second round that is off, too.
  static let needed: Set<String> = ["simd", "reference-types", "bulk-memory", "component-model"]

  func parts(of settings: EngineSettings) throws(LikenessFailure) -> RecordParts {
    let record: CompatibilityRecord
    switch try answers(to: [settings])[0] {
    case .success(let found): record = found
    case .failure(let reason): throw .backend(reason)
    }
    guard let parts = RecordParts(record) else { throw .unreadable }
    return parts
  }

  func answers(
    to settings: [EngineSettings]
  ) throws(LikenessFailure) -> [Result<CompatibilityRecord, BackendUnavailable>] {
    do { return try records(of: settings) } catch { throw .compiler(error) }
  }

  /// Takes back what another setting has brought about, too: without concurrency there is no `component-model-async`.
  private func withoutNeedless(
    _ settings: EngineSettings, beyond base: EngineSettings
  ) throws(LikenessFailure) -> EngineSettings {
    let names = settings.configuration.entries.map(\.setting.name).filter { base.configuration[$0] == nil }
    if names.count < 2 { return settings }
    let goal = try parts(of: settings)
    func isGood(_ answer: Result<CompatibilityRecord, BackendUnavailable>) -> Bool {
      (try? answer.get()).flatMap { RecordParts($0) } == goal
    }
    var least = settings
    let answers = try answers(to: names.map { settings.without($0) })
    for (name, answer) in zip(names, answers) where isGood(answer) {
      let less = least.without(name)
      // Of two that bring about the same, one has to stay.
      if less != settings.without(name) {
        let answer = try self.answers(to: [less])[0]
        if !isGood(answer) { continue }
      }
      least = less
    }
    return least
  }

  /// Takes over every single setting whose only effects are differences that the sample has, too.
  private func variations(
    of current: EngineSettings, facts: RecordFacts, goal: RecordFacts, isFirst: Bool
  ) throws(LikenessFailure) -> EngineSettings {
    var candidates: [EngineSettings] = []
    if current.backend == .cranelift { candidates.append(current.with(.winch)) }
    for level in OptimizationLevel.allCases where level != current.optimization && current.backend != .winch {
      candidates.append(
        EngineSettings(
          backend: current.backend, optimization: level, cpu: current.cpu, features: current.features,
          configuration: current.configuration))
    }
    for (name, values) in EngineSetting.choices where !isFirst || !Self.needed.contains(name) {
      candidates += values.filter { current.configuration[name] != $0 }.map { current.setting(name, $0) }
    }
    // A number's own value is read where a try with any other value leaves its mark.
    let tries = EngineSetting.numbers.map { (name: $0, settings: current.setting($0, Self.unusual)) }
    let processors = processor(of: goal, unlike: facts).map { [current.setting(cpu: $0)] } ?? []
    let answers = try answers(to: candidates + processors + tries.map(\.settings))
    var found = current
    for (candidate, answer) in zip(candidates + processors, answers) {
      guard let record = try? answer.get(), let parts = RecordParts(record) else { continue }
      let effects = RecordFacts(parts).differences(from: facts)
      let fits = effects.allSatisfy { RecordFacts(parts)[$0] == goal[$0] }
      if !effects.isEmpty && fits { found = found.taking(candidate, over: current) }
    }
    for (one, answer) in zip(tries, answers.dropFirst(candidates.count + processors.count)) {
      guard let record = try? answer.get(), let parts = RecordParts(record) else { continue }
      let marks = RecordFacts(parts).differences(from: facts)
      guard let mark = marks.first, let value = goal[mark], value != facts[mark] else { continue }
      found = found.setting(one.name, value)
    }
    return found
  }

  /// A number that no engine has by itself: a multiple of all page sizes.
  static let unusual = "\(3 << 20)"

  private func processor(of goal: RecordFacts, unlike facts: RecordFacts) -> CPUTarget? {
    let own = goal.processor
    if own == facts.processor { return nil }
    return CPUTarget((["baseline"] + own.sorted().map { "+\($0)" }).joined(separator: ","))
  }
}

extension RecordFacts {
  /// A difference in words, and why it stays.
  fileprivate func difference(
    _ name: String, from goal: RecordFacts, _ names: [String: String]
  ) -> EngineLikeness.Difference {
    if name == Self.collector {
      return .init(
        text: "the host has another garbage collector, which only a Rust engine can be given: the artifacts are made "
          + "without garbage collection", isInTheWay: false)
    }
    let (own, other) = (self[name] ?? "off", goal[name] ?? "off")
    // A host may have more of WebAssembly than an artifact assumes.
    return .init(
      text: "\(names[name] ?? name) is \(other) in the artifact and \(own) here: only a Rust engine can be set so",
      isInTheWay: !(name.hasPrefix("feature ") && own == "off"))
  }
}
