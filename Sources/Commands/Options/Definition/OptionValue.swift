internal import ArgumentParser

/// A type of values that options have.
protocol OptionValue: ExpressibleByArgument, Sendable {
  /// How one is written in a file of settings.
  static var form: SettingForm { get }
}

extension OptionValue {
  static var form: SettingForm { .text }
}

extension Int: OptionValue {
  static var form: SettingForm { .number }
}

extension String: OptionValue {}

/// How a value is written in a file; in the environment all are text, and lists have commas.
enum SettingForm: Sendable {
  case text, number
  /// `true` or `false`; in the environment also `1` or `0`.
  case toggle
  /// Text; in a file it starts from the file's directory.
  case path
}
