internal import ArgumentParser

/// Whether messages are coloured.
struct ColorOptions: CommandOptions {
  @CommandOption(
    "color",
    help: ArgumentHelp(
      "Whether messages are coloured: auto, always or never.",
      discussion: "auto heeds $NO_COLOR, $CLICOLOR_FORCE and $CLICOLOR, in this order, and else colours on a terminal.",
      valueName: "when"), setting: .byAnyone())
  var color = ColorChoice.auto

  /// The palette for standard error.
  var palette: Palette { Palette(isColored: color.isColored(on: .error, Environment.value)) }
}

enum ColorChoice: String, CaseIterable, OptionValue {
  case auto, always, never

  /// - Parameter variable: the value of an environment variable; nil if it is unset or empty.
  func isColored(on output: Output, _ variable: (String) -> String?) -> Bool {
    switch self {
    case .always: return true
    case .never: return false
    case .auto:
      if variable("NO_COLOR") != nil { return false }
      if let force = variable("CLICOLOR_FORCE"), force != "0" { return true }
      if variable("CLICOLOR") == "0" { return false }
      return output.isRewritableTerminal
    }
  }
}
