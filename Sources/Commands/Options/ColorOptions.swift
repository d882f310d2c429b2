internal import ArgumentParser

/// Whether messages are coloured.
struct ColorOptions: ParsableArguments {
  @Option(
    help: ArgumentHelp(
      "Whether messages are coloured: auto, always or never. Default: auto.",
      discussion: "auto heeds $NO_COLOR, $CLICOLOR_FORCE and $CLICOLOR, in this order, and else colours on a terminal.",
      valueName: "when"))
  var color: ColorChoice?

  static let standardColor = ColorChoice.auto

  mutating func fill(from configuration: Configuration) { configuration.fill(&color, from: Settings.color) }

  /// For what goes to standard error.
  var palette: Palette {
    Palette(isColored: (color ?? Self.standardColor).isColored(on: .error, Environment.value))
  }
}

enum ColorChoice: String, CaseIterable, ExpressibleByArgument {
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
