/// The settings of a host's engine that differ from what the engine has by itself, in wasmtime's own names.
///
/// An artifact is only good for hosts whose engine has these settings, too. Equal configurations are written alike, in
/// whatever order and by whatever names they were given.
public struct EngineConfiguration: Hashable, Sendable {
  /// A setting with its value, as wasmtime's file of settings has it.
  public struct Entry: Hashable, Sendable {
    public let setting: EngineSetting
    /// `true` or `false`, a decimal number, or a word.
    public let value: String
  }

  /// What was set, by the settings' names.
  private var values: [String: String] = [:]
  /// Whether the host has a garbage collector that the C API cannot have. It loads artifacts that were made without any,
  /// whatever else was said about garbage collection.
  private var hasForeignCollector = false
  /// What was said of settings that have no function of their own, and the value of another one.
  private var followers: [String: ForeignValue] = [:]
  /// What was said of settings that have no function at all.
  private var foreign: [String: ForeignValue] = [:]

  /// A value for engines that are not made through the C API.
  private struct ForeignValue: Hashable, Sendable {
    let value: String
    /// The only value that the C API has; nil if a host in C does not mind.
    var standard: String?
    /// Where it was set, in words; nil if that was not told.
    let place: String?
  }

  /// Makes the configuration of an engine on which nothing was set.
  public init() {}

  /// Reads settings as `wasmtime compile` takes them: `epoch-interruption`, `memory-reservation=0`.
  ///
  /// - Throws: ``EngineConfigurationError`` about the first that cannot be set.
  public init(_ texts: [String]) throws(EngineConfigurationError) {
    for text in texts {
      let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      try set(parts[0], to: parts.count == 2 ? parts[1] : nil)
    }
  }

  /// Sets one setting.
  ///
  /// - Parameters:
  ///   - name: its name, which wasmtime's command line also takes with underscores.
  ///   - value: nil stands for what the name alone means on wasmtime's command line.
  ///   - group: where it was found; nil if that is not known.
  /// - Throws: why it cannot be set.
  public mutating func set(
    _ name: String, to value: String?, in group: EngineSetting.Group? = nil
  ) throws(EngineConfigurationError) {
    var changed = self
    try changed.set(name, to: value, in: group, at: nil)
    let new = changed.foreign.filter { foreign[$0.key] != $0.value }
    if let error = unreachable(among: new)?.error { throw error }
    self = changed
  }

  /// Sets one setting, also to a value that only a Rust host can have: that is no error before ``unreachable`` is asked.
  ///
  /// - Parameter place: where it was set, in words.
  package mutating func set(
    _ name: String, to value: String?, in group: EngineSetting.Group?, at place: String?
  ) throws(EngineConfigurationError) {
    let isFlag = name.hasPrefix(EngineSetting.craneliftPrefix)
    let known = EngineSetting.named(name) ?? (isFlag ? nil : EngineSetting.named(name.replacing("_", with: "-")))
    guard let setting = known, group == nil || setting.group == group else {
      throw .unknown(name, in: group)
    }
    // `fuel` is how much a run has, which is the host's affair; that it counts at all decides about artifacts.
    if setting.name == EngineSetting.fuel, let toggle = Self.toggle(value) { return note(setting, toggle) }
    guard let value = setting.canonical(value) else { throw .badValue(setting, value) }
    switch setting.effect {
    case .decides: note(setting, value)
    case .nothing: break
    case .rustOnly(let standard):
      foreign[setting.name] = ForeignValue(value: value, standard: standard, place: place)
    case .rustCompilerOnly: foreign[setting.name] = ForeignValue(value: value, place: place)
    case .forbidsGC(let standard):
      hasForeignCollector = value != standard
      // The word for what an engine takes by itself is none that a file of settings may have.
      foreign[setting.name] = value == "auto" ? nil : ForeignValue(value: value, place: place)
    case .follows: followers[setting.name] = ForeignValue(value: value, place: place)
    case .means(let other, let isInverted):
      try set(other, to: isInverted ? (value == "true" ? "false" : "true") : value, in: nil, at: place)
    }
  }

  private static func toggle(_ text: String?) -> String? {
    switch text {
    case nil, "y", "yes", "true": "true"
    case "n", "no", "false": "false"
    default: nil
    }
  }

  private mutating func note(_ setting: EngineSetting, _ value: String) {
    var value = value
    if setting.name == EngineSetting.fuel { value = value == "false" ? "false" : "true" }
    // No engine has these by itself, so that to switch them off is to say nothing.
    let isStandard = Self.alwaysOff.contains(setting.name) && value == "false"
    values[setting.name] = isStandard ? nil : value
  }

  private static let alwaysOff: Set<String> = [
    EngineSetting.fuel, EngineSetting.epochInterruption, EngineSetting.backtraceDetails, "debug-info",
    "nan-canonicalization", "relaxed-simd-deterministic",
  ]

  /// The value of a setting; nil if it was not set.
  public subscript(_ name: String) -> String? { effective[name] }

  /// Whether nothing was set.
  public var isEmpty: Bool { effective.isEmpty }

  private var effective: [String: String] {
    hasForeignCollector ? values.merging([EngineSetting.gcSupport: "false"]) { $1 } : values
  }

  /// Why the whole cannot be set, though each of its settings can; nil if it can.
  ///
  /// In the C API, the heap of garbage collection is laid out as memories are.
  public var contradiction: EngineConfigurationError? { unreachable?.error }

  /// What an engine that is made through the C API cannot have of it, with the place where that was set; nil if it can have
  /// everything.
  package var unreachable: (error: EngineConfigurationError, place: String?)? {
    var all = foreign
    for (name, one) in followers {
      guard case .follows(let other, let standard)? = EngineSetting.named(name)?.effect else { continue }
      let expected = values[other] ?? standard
      let isSo = one.value == expected
      all[name] = ForeignValue(
        value: one.value, standard: isSo ? expected : "\(expected), as \(other)", place: one.place)
    }
    return unreachable(among: all)
  }

  private func unreachable(
    among foreign: [String: ForeignValue]
  ) -> (error: EngineConfigurationError, place: String?)? {
    for (name, one) in foreign.sorted(by: { $0.key < $1.key }) {
      guard let setting = EngineSetting.named(name), let standard = one.standard, one.value != standard else {
        continue
      }
      return (.onlyRust(setting, value: one.value, standard: standard), one.place)
    }
    return nil
  }

  /// The same for a compiler that a Rust host has: everything counts as it was said.
  package var ofRustHosts: EngineConfiguration {
    var all = ofCHosts
    all.hasForeignCollector = false
    for (name, one) in followers.merging(foreign, uniquingKeysWith: { $1 }) { all.values[name] = one.value }
    return all
  }

  /// The same for an engine that is made through the C API, once nothing is ``unreachable``: what it has anyway is not said.
  package var ofCHosts: EngineConfiguration {
    var all = self
    all.foreign = [:]
    all.followers = [:]
    return all
  }

  /// What was set, in the order of wasmtime's help, flags of Cranelift last.
  public var entries: [Entry] {
    let values = effective
    // Most set nothing, and to know all settings takes a twentieth of a start.
    if values.isEmpty { return [] }
    return EngineSetting.all.compactMap { setting in values[setting.name].map { Entry(setting: setting, value: $0) } }
      + values.sorted { $0.key < $1.key }.compactMap { name, value in
        guard let setting = EngineSetting.named(name), setting.isCraneliftFlag else { return nil }
        return Entry(setting: setting, value: value)
      }
  }

  /// What was set, as ``init(_:)`` reads it.
  package var texts: [String] { entries.map { "\($0.setting.name)=\($0.value)" } }

  /// Takes over what another configuration sets.
  public mutating func merge(_ other: EngineConfiguration) {
    for (name, value) in other.values {
      if let setting = EngineSetting.named(name) { note(setting, value) }
    }
    hasForeignCollector = hasForeignCollector || other.hasForeignCollector
    followers.merge(other.followers) { $1 }
    foreign.merge(other.foreign) { $1 }
  }

  /// The same without some settings.
  package func without(_ names: String...) -> EngineConfiguration { without(names) }

  /// The same without some settings.
  package func without(_ names: [String]) -> EngineConfiguration {
    var rest = self
    for name in names { rest.values[name] = nil }
    return rest
  }

  /// Whether the environment of the process must have `WASMTIME_BACKTRACE_DETAILS=1` when an engine is made.
  package var hasBacktraceDetails: Bool { values[EngineSetting.backtraceDetails] == "true" }
}

extension EngineConfiguration: CustomStringConvertible {
  /// `epoch-interruption true, memory-reservation 0`
  public var description: String { entries.map { "\($0.setting.name) \($0.value)" }.joined(separator: ", ") }
}

extension EngineConfiguration {
  /// The settings as a file that `wasmtime --config` and `wasmprecompile --engine-config` read.
  public var toml: String {
    var text = ""
    for group in EngineSetting.Group.allCases {
      let entries = entries.filter { $0.setting.group == group }
      if entries.isEmpty { continue }
      text += "\(text.isEmpty ? "" : "\n")[\(group.rawValue)]\n"
      for entry in entries where !entry.setting.isCraneliftFlag {
        text += "\(entry.setting.name) = \(entry.tomlValue)\n"
      }
      let flags = entries.filter(\.setting.isCraneliftFlag).map { entry in
        "[\"\(entry.setting.name.dropFirst(EngineSetting.craneliftPrefix.count))\", \"\(entry.value)\"]"
      }
      if !flags.isEmpty { text += "cranelift = [\(flags.joined(separator: ", "))]\n" }
    }
    return text
  }
}

extension EngineConfiguration.Entry {
  /// Fuel is an amount in wasmtime's file, and any amount will do.
  fileprivate var tomlValue: String {
    if setting.name == EngineSetting.fuel { return "1" }
    switch setting.form {
    case .toggle, .number: return value
    case .choice, .text: return "\"\(value)\""
    }
  }
}

/// Why a setting cannot be set.
public enum EngineConfigurationError: Error, Hashable, Sendable {
  /// There is no setting of that name.
  case unknown(String, in: EngineSetting.Group?)
  case badValue(EngineSetting, String?)
  /// The C API has no function for the setting: only a Rust host can have this value.
  case onlyRust(EngineSetting, value: String, standard: String)
}

extension EngineConfigurationError: CustomStringConvertible {
  /// What is wrong, with what to do about it.
  public var description: String {
    switch self {
    case .onlyRust: "\(statement): compile with `wasmtime compile` of the same release"
    case .unknown, .badValue: statement
    }
  }

  /// What is wrong.
  package var statement: String {
    switch self {
    case .unknown(let name, let group):
      "there is no setting “\(name)”" + (group.map { " among those of -\($0.letter)" } ?? "")
    case .badValue(let setting, let value):
      "the setting \(setting.name) must be \(setting.expectation)" + (value.map { ", not “\($0)”" } ?? "")
    case .onlyRust(let setting, let value, let standard):
      "only a Rust host can have \(setting.name)=\(value), and libwasmtime's C API always has \(standard)"
    }
  }
}
