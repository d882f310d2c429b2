internal import ArgumentParser

/// The reader that results are printed for.
struct FormatOptions: CommandOptions {
  @CommandOption(
    "format",
    help: ArgumentHelp(
      "What is printed: human (text), or json: one object a line on standard output.",
      discussion: "The man page describes the objects in OUTPUT FORMAT.", valueName: "format"))
  var format = OutputFormat.human

  var isJSON: Bool { format == .json }
}

enum OutputFormat: String, CaseIterable, OptionValue {
  case human, json
}
