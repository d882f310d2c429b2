internal import ArgumentParser
internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

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

    @OptionGroup @ParsedOptions var format: FormatOptions

    func run() throws {
      let configuration = try Configuration.load(for: path?.path ?? ".")
      configuration.warn()
      if format.isJSON {
        let lines = JSONLines("config show")
        lines.write(contentsOf: Settings.all.map(configuration.json))
        if let note = Self.engineNote { lines.write(JSONRunLines.note(note)) }
        lines.write(["type": "summary"])
        return
      }
      var lines = Settings.all.map { configuration.line(for: $0) + "\n" }
      if let note = Self.engineNote { lines.append("# \(note)\n") }
      Output.standard.write(RawArguments.decode(lines.joined()))
    }

    /// What a variable of wasmtime's sets on every engine; nil if it is not set.
    private static var engineNote: String? {
      let settings = EngineConfiguration.ofEnvironment
      if settings.isEmpty { return nil }
      return "WASMTIME_BACKTRACE_DETAILS is set: engines are made with \(settings)"
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

extension Configuration {
  fileprivate func json(for setting: Setting) -> JSON {
    var values: [String]?
    var (origin, variable, file, line) = ("default", String?.none, FilePath?.none, Int?.none)
    if let given = given[setting.key] {
      values = given.texts
      switch given.origin {
      case .commandLine: origin = "command_line"
      case .environment(let name): (origin, variable) = ("environment", name)
      case .file(let path, let number): (origin, file, line) = ("file", path, number)
      }
    } else if case .values(let texts) = setting.unset {
      values = texts
    }
    return [
      "type": "setting", "key": .string(setting.key),
      "values": values.map { .array($0.map { JSON(FilePath(bytes: RawArguments.decode($0))) }) } ?? .null,
      "origin": .string(origin), "variable": JSON(variable), "file": JSON(file), "line": JSON(line),
    ]
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
