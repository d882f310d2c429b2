internal import ArgumentParser
internal import Glibc

/// What a user reads who typed a command line that makes no sense.
///
/// The argument parser stops at the first thing that it misses: `path --hlep` lacks a module. What was mistyped is looked
/// for here, and named before anything that is only missing because of it.
struct UsageComplaint {
  /// The complaint alone.
  let message: String
  /// The complaint, and the usage below it.
  let text: String

  init(_ error: any Error, of root: any ParsableCommand.Type, _ arguments: [String]) {
    var lines = root.fullMessage(for: error).split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    if let mistake = Self.mistake(in: arguments) {
      lines = ["Error: \(mistake)"] + lines.drop { !$0.hasPrefix("Usage: ") }
    } else if let first = lines.first, let expectation = Self.expectation(of: first) {
      lines[0] = "\(first): it must be \(expectation)"
    }
    // The message quotes the arguments, which may hold anything.
    lines = lines.map(\.printable)
    let complaint = lines.first ?? ""
    message = complaint.hasPrefix("Error: ") ? String(complaint.dropFirst(7)) : complaint
    text = lines.joined(separator: "\n") + "\n"
  }

  /// What was mistyped; nil if every word is one that there is.
  static func mistake(in arguments: [String]) -> String? {
    let command = CommandSpelled(arguments)
    if !command.names.isEmpty, !command.subcommands.isEmpty, let word = command.rest.first, !word.hasPrefix("-") {
      return "Unknown subcommand '\(word)'. "
        + advice(command.subcommands.likely(for: word), among: command.subcommands)
    }
    let options = OptionNames(of: command.type)
    guard let word = options.unknown(in: command.rest, endsAtWord: command.type == RunCommand.self) else {
      return options.withNegativeNumber(in: command.rest).flatMap(complaint)
    }
    return "Unknown option '\(word)'" + (options.nearest(to: word).map { ". Did you mean '\($0)'?" } ?? "")
  }

  /// What is wrong with a negative number; nil where an option takes any text.
  private static func complaint(_ option: String, about value: String) -> String? {
    let name = String(option.prefix { $0 != " " })
    let setting = Settings.all.first { $0.option == name }
    if let setting, setting.accepts(value) { return nil }
    guard let expectation = setting?.expectation ?? others[name] else { return nil }
    return "The value '\(value)' is invalid for '\(option)': it must be \(expectation)"
  }

  private static func advice(_ nearest: String?, among all: [String]) -> String {
    nearest.map { "Did you mean '\($0)'?" } ?? "There are \(all.joined(separator: ", "))."
  }

  /// The form of an option's value, for a message that says only that it is invalid.
  private static func expectation(of message: String) -> String? {
    guard message.hasPrefix("Error: The value '"), message.hasSuffix(">'"),
      let start = message.ranges(of: "' is invalid for '").last?.upperBound
    else { return nil }
    let option = String(message[start...].prefix { $0 != " " })
    return Settings.all.first { $0.option == option }?.expectation ?? others[option]
  }

  /// The forms of values that are no settings.
  private static let others = [
    "--max-age": "a time such as 30d, 12h or 2w", "--min-free": "a part such as 10%, or a size such as 5G",
  ]
}

extension Subcommands {
  /// What is wrong with a first word that is neither a file nor a subcommand, or with the words after `help`.
  static func complaint(about arguments: [String]) -> String? {
    guard let first = arguments.first else { return nil }
    if first == "help" {
      let words = arguments.dropFirst().prefix { !$0.hasPrefix("-") }
      let command = CommandSpelled(Array(words))
      guard let word = command.rest.first, word != "help" else { return nil }
      guard let near = command.subcommands.likely(for: word) else {
        let after = command.names.isEmpty ? "" : " of \(command.name)"
        return command.subcommands.isEmpty
          ? "\(command.name) has no subcommands: see `\(Program.name) help \(command.name)`"
          : "\(word.printable) is no subcommand\(after): there are \(command.subcommands.joined(separator: ", "))"
      }
      return "\(word.printable) is no subcommand: did you mean \((command.names + [near]).joined(separator: " "))?"
    }
    return misspelled(first).map { "\(first.printable) is neither a file nor a subcommand: did you mean \($0)?" }
  }
}
