internal import ArgumentParser

/// An option that may be set outside the command line, too.
///
/// One word names it everywhere: `--opt-level`, `WASMPRECOMPILE_OPT_LEVEL` in the environment, `opt-level` in files.
struct Setting: Sendable {
  let key: String
  /// `--opt-level`
  let option: String
  let form: SettingForm
  let isList: Bool
  let isForUsersOnly: Bool
  let unset: UnsetSetting
  /// The largest number that counts in a project's file; nil if there is no such limit.
  let mostOfProjects: (@Sendable () -> Int)?
  private let describe: @Sendable () -> String
  private let isValue: @Sendable (String) -> Bool
  private let grantOfText: @Sendable (String) -> Double?
  private let adviceAboutText: (@Sendable (String) -> String?)?

  /// - Parameters:
  ///   - key: the name in the environment and in files.
  ///   - option: the option's name, if it is another.
  init<Value: OptionValue>(
    _ key: String, option: String? = nil, _ rules: SettingRules<Value>, isList: Bool = false, unset: UnsetSetting
  ) {
    self.key = key
    self.option = "--" + (option ?? key)
    form = Value.form
    self.isList = isList
    describe = { rules.expectation ?? Value.allValueStrings.joinedAsChoice }
    isForUsersOnly = rules.isForUsersOnly
    self.unset = unset
    mostOfProjects = rules.mostOfProjects
    isValue = { Value(argument: $0).map(rules.isValid) ?? false }
    grantOfText = { text in rules.grant.flatMap { grant in Value(argument: text).map(grant) } }
    adviceAboutText = rules.advice
  }

  init(flag key: String, _ rules: SettingRules<Bool>, unset: UnsetSetting) {
    self.key = key
    option = "--" + key
    form = .toggle
    isList = false
    describe = { "true or false" }
    isForUsersOnly = rules.isForUsersOnly
    self.unset = unset
    mostOfProjects = nil
    isValue = { $0 == "true" || $0 == "false" }
    grantOfText = { _ in nil }
    adviceAboutText = nil
  }

  /// The form of a value, as in "must be …". It is put together when it is asked for: where a variable of ours is set, each
  /// start makes all settings, and what they all expect takes a third of the time.
  var expectation: String { describe() }

  func accepts(_ text: String) -> Bool { isValue(text) }

  /// What goes behind a message about a value that is not accepted: `: did you mean …?`, or nothing.
  func advice(about text: String) -> String { adviceAboutText?(text).map { ": \($0)" } ?? "" }

  /// What is wrong with a list without values; nil for a list that may be empty, as one without values of its own may.
  var complaintIfEmpty: String? {
    guard isList, case .values(let standard) = unset, !standard.isEmpty else { return nil }
    return "must name at least one of \(expectation)"
  }

  /// How much of the machine a value lets modules take; nil if the setting is not about that.
  func grant(of text: String) -> Double? { grantOfText(text) }

  var variable: String { "WASMPRECOMPILE_" + key.uppercased().map { $0 == "-" ? "_" : String($0) }.joined() }

  /// The values that an environment variable's text means.
  func values(inVariable text: String) -> [String] {
    switch (form, text) {
    case (.toggle, "1"): ["true"]
    case (.toggle, "0"): ["false"]
    default: isList ? text.split(separator: ",").map(String.init) : [text]
    }
  }
}

/// The rules for an option as a setting.
struct SettingRules<Value: Sendable>: Sendable {
  let expectation: String?
  let unset: String
  let isForUsersOnly: Bool
  let isValid: @Sendable (Value) -> Bool
  let grant: (@Sendable (Value) -> Double)?
  let mostOfProjects: (@Sendable () -> Int)?
  let advice: (@Sendable (String) -> String?)?

  /// A project's file may set it, too.
  ///
  /// - Parameters:
  ///   - expectation: the form of a value, as in "must be …"; nil if the type lists its values.
  ///   - unset: the effect where nobody sets it, for an option without a value of its own.
  ///   - grant: how much of the machine a value lets modules take, so that a project's file may not raise it.
  ///   - mostOfProjects: what a larger number in a project's file is taken for.
  ///   - advice: what is wrong with a text that is no value, or what was perhaps meant.
  static func byAnyone(
    _ expectation: String? = nil, unset: String = "", isValid: @escaping @Sendable (Value) -> Bool = { _ in true },
    grant: (@Sendable (Value) -> Double)? = nil, mostOfProjects: (@Sendable () -> Int)? = nil,
    advice: (@Sendable (String) -> String?)? = nil
  ) -> Self {
    Self(
      expectation: expectation, unset: unset, isForUsersOnly: false, isValid: isValid, grant: grant,
      mostOfProjects: mostOfProjects, advice: advice)
  }

  /// It could make foreign code run or be trusted, so a project's file may not set it.
  static func byUsersOnly(
    _ expectation: String? = nil, unset: String = "", isValid: @escaping @Sendable (Value) -> Bool = { _ in true },
    advice: (@Sendable (String) -> String?)? = nil
  ) -> Self {
    Self(
      expectation: expectation, unset: unset, isForUsersOnly: true, isValid: isValid, grant: nil, mostOfProjects: nil,
      advice: advice)
  }
}

/// The state of a setting that is not set.
enum UnsetSetting: Sendable {
  /// These values, as they would be written.
  case values([String])
  case described(String)
}

extension [String] {
  /// `a`, `a or b`, `a, b or c`
  fileprivate var joinedAsChoice: String {
    guard let last, count > 1 else { return first ?? "" }
    return dropLast().joined(separator: ", ") + " or " + last
  }
}
