internal import ArgumentParser
internal import SystemPackage

struct ConfigCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "config", abstract: "Show what is set outside the command line.", subcommands: [Show.self])

  struct Show: ParsableCommand {
    static let configuration = CommandConfiguration(
      commandName: "show", abstract: "Print each setting with its value and where that comes from.",
      discussion: """
        $WASMPRECOMPILE_… counts before the nearest \(ConfigurationFile.projectName) above the path, that before the user's \
        config.toml. What is printed can be the content of such a file.
        """)

    @Argument(help: "The file or directory to precompile. Default: the working directory.")
    var path: PathArgument?

    func run() throws {
      let configuration = try Configuration.load(for: path?.path ?? ".")
      let lines = Settings.all.map { configuration.line(for: $0) + "\n" }
      Output.standard.write(RawArguments.decode(lines.joined()))
    }
  }
}

extension Configuration {
  /// `jobs = 3  # WASMPRECOMPILE_JOBS`
  fileprivate func line(for setting: Setting) -> String {
    if let given = given[setting.key] { return "\(setting.key) = \(setting.literal(given.texts))  # \(given.origin)" }
    return switch setting.unset {
    case .values(let texts): "\(setting.key) = \(setting.literal(texts))  # default"
    case .described(let text): "# \(setting.key) is not set: \(text)"
    }
  }
}

extension OptionOrigin: CustomStringConvertible {
  var description: String {
    switch self {
    case .commandLine: "command line"
    case .environment(let variable): variable
    case .file(let path, let line): "\(path.printable):\(line)"
    }
  }
}

extension Setting {
  /// Values as a file has them.
  fileprivate func literal(_ texts: [String]) -> String {
    switch (isList, form) {
    case (true, _): "[" + texts.map(Self.quoted).joined(separator: ", ") + "]"
    case (false, .number), (false, .toggle): texts.joined()
    case (false, .text), (false, .path): texts.map(Self.quoted).joined()
    }
  }

  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": quoted += "\\\(scalar)"
      case "\u{0}"..."\u{1f}", "\u{7f}":
        let digits = String(scalar.value, radix: 16)
        quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
      default: quoted.unicodeScalars.append(scalar)
      }
    }
    return quoted + "\""
  }
}
