internal import ArgumentParser

/// The reader that results are printed for.
struct FormatOptions: CommandOptions {
  @CommandOption(
    "format",
    help: ArgumentHelp(
      "What is printed: human (text), or json: one object a line on standard output.",
      discussion: "wasmprecompile-json(5) describes the objects.", valueName: "format"))
  var format = OutputFormat.human

  var isJSON: Bool { format == .json }
}

enum OutputFormat: String, CaseIterable, OptionValue {
  case human, json
}
