internal import ArgumentParser

/// An option that may be set outside the command line, too.
///
/// One word names it everywhere: `--opt-level`, `WASMPRECOMPILE_OPT_LEVEL` in the environment, `opt-level` in files.
struct Setting<Value: ExpressibleByArgument & Sendable>: AnySetting {
  let key: String
  let kind: SettingKind
  let expectation: String
  let isForUsersOnly: Bool
  let unset: UnsetSetting
  private let isValid: @Sendable (Value) -> Bool
  private let grant: (@Sendable (Value) -> Double)?

  /// - Parameters:
  ///   - expectation: what a value is, as in "must be …"; nil if the type lists its values.
  ///   - isForUsersOnly: whether it could make foreign code run or be trusted, so that a project's file may not set it.
  ///   - grant: how much of the machine a value lets modules take, so that a project's file may not raise it.
  init(
    _ key: String, _ kind: SettingKind, _ expectation: String? = nil, unset: UnsetSetting, isForUsersOnly: Bool = false,
    isValid: @escaping @Sendable (Value) -> Bool = { _ in true }, grant: (@Sendable (Value) -> Double)? = nil
  ) {
    self.key = key
    self.kind = kind
    self.expectation = expectation ?? (kind == .toggle ? ["true", "false"] : Value.allValueStrings).joinedAsChoice
    self.isForUsersOnly = isForUsersOnly
    self.unset = unset
    self.grant = grant
    self.isValid = isValid
  }

  func value(_ text: String) -> Value? { Value(argument: text).flatMap { isValid($0) ? $0 : nil } }

  func accepts(_ text: String) -> Bool { value(text) != nil }

  func grant(of text: String) -> Double? { grant.flatMap { grant in value(text).map(grant) } }
}

/// A setting whatever its values are.
protocol AnySetting: Sendable {
  var key: String { get }
  var kind: SettingKind { get }
  /// What a value must be.
  var expectation: String { get }
  var isForUsersOnly: Bool { get }
  var unset: UnsetSetting { get }
  func accepts(_ text: String) -> Bool
  /// How much of the machine a value lets modules take; nil if it is not about that.
  func grant(of text: String) -> Double?
}

extension AnySetting {
  var option: String { "--\(key)" }
  var variable: String { "WASMPRECOMPILE_" + key.uppercased().map { $0 == "-" ? "_" : String($0) }.joined() }

  /// The values that an environment variable's text means.
  func values(inVariable text: String) -> [String] {
    switch (kind, text) {
    case (.toggle, "1"): ["true"]
    case (.toggle, "0"): ["false"]
    case (.list, _): text.split(separator: ",").map(String.init)
    default: [text]
    }
  }
}

/// How a setting is written in a file; in the environment all are text, and lists have commas.
enum SettingKind: Sendable {
  case text, number, list
  /// `true` or `false`; in the environment also `1` or `0`.
  case toggle
  /// Text; in a file it starts from the file's directory.
  case path
}

/// What holds where nobody sets something.
enum UnsetSetting: Sendable {
  /// These values, as they would be written.
  case values([String])
  case described(String)

  static func value(_ value: some ExpressibleByArgument) -> UnsetSetting { .values([value.defaultValueDescription]) }
}

extension [String] {
  /// `a`, `a or b`, `a, b or c`
  fileprivate var joinedAsChoice: String {
    guard let last, count > 1 else { return first ?? "" }
    return dropLast().joined(separator: ", ") + " or " + last
  }
}
