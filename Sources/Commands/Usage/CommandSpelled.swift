internal import ArgumentParser

/// The command that the first words of a command line name, as far as they name one.
struct CommandSpelled {
  /// `cache`, `list`; empty for the program without a subcommand.
  private(set) var names: [String] = []
  private(set) var type: any ParsableCommand.Type = PrecompileCommand.self
  /// The arguments after the names.
  private(set) var rest: ArraySlice<String>

  init(_ arguments: [String]) {
    rest = arguments[...]
    var commands = Subcommands.all
    while let word = rest.first, let next = commands.first(where: { $0.configuration.commandName == word }) {
      rest.removeFirst()
      names.append(word)
      type = next
      commands = next.configuration.subcommands
    }
  }

  /// `cache list`; `precompile` for the program without a subcommand.
  var name: String { names.isEmpty ? "precompile" : names.joined(separator: " ") }

  /// The names of its subcommands that people may type.
  var subcommands: [String] {
    (names.isEmpty ? Subcommands.all : type.configuration.subcommands)
      .filter { $0.configuration.shouldDisplay }.compactMap { $0.configuration.commandName }
  }
}

/// The options that a command has, as its help shows them. Only for who mistyped one: help takes milliseconds.
struct OptionNames {
  /// Each name, with its hyphens, and whether a value follows.
  private var takeValue: [String: Bool] = [:]
  /// Each name of an option with a value, and how its help shows it: `--timeout <seconds>`.
  private var shown: [String: String] = [:]

  init(of command: any ParsableCommand.Type) {
    // The version is no option of the type that parses a line without a subcommand.
    takeValue["--version"] = false
    let help = command.helpMessage(includeHidden: true, columns: 10_000)
    for line in help.split(separator: "\n") where line.hasPrefix("  -") {
      let words = line.split(separator: " ")
      let names = words.prefix { $0.hasPrefix("-") }
      let takesValue = words.dropFirst(names.count).first?.hasPrefix("<") ?? false
      for name in names { takeValue[name.filter { $0 != "," }] = takesValue }
      guard takesValue, let last = names.last else { continue }
      for name in names { shown[name.filter { $0 != "," }] = "\(last) \(words[names.count])" }
    }
  }

  /// The long names.
  var long: [String] { takeValue.keys.filter { $0.hasPrefix("--") }.sorted() }

  /// The first word that should be an option and is none.
  ///
  /// - Parameter endsAtWord: whether everything after the first word that is no option belongs to somebody else.
  func unknown(in arguments: ArraySlice<String>, endsAtWord: Bool) -> String? {
    var rest = arguments
    while let word = rest.popFirst(), word != "--" {
      guard word.hasPrefix("-"), word != "-" else {
        if endsAtWord { return nil }
        continue
      }
      let name = String(word.prefix { $0 != "=" })
      if let takesValue = takeValue[name] {
        // A negative number is a value, too.
        if takesValue && name == word { _ = rest.popFirst() }
      } else if word.hasPrefix("--") || !isCluster(word) {
        return word.hasPrefix("--") ? name : word
      }
    }
    return nil
  }

  /// The first option that is followed by a negative number, which the parser takes for an option of its own.
  func withNegativeNumber(in arguments: ArraySlice<String>) -> (option: String, value: String)? {
    let all = arguments.prefix { $0 != "--" }
    for (name, value) in zip(all, all.dropFirst()) where takeValue[name] == true && takeValue[value] == nil {
      guard value.hasPrefix("-"), let first = value.dropFirst().first, first.isASCII && first.isNumber || first == ".",
        let option = shown[name]
      else { continue }
      return (option, value)
    }
    return nil
  }

  /// Whether a word is several short options, or one with its value: `-qn`, `-j3`.
  private func isCluster(_ word: String) -> Bool {
    for letter in word.dropFirst() {
      guard let takesValue = takeValue["-\(letter)"] else { return false }
      if takesValue { return true }
    }
    return true
  }

  /// The option that was probably meant.
  func nearest(to word: String) -> String? {
    if word == "-V" { return "--version" }
    if !word.hasPrefix("--") {
      let letter = word.dropFirst().prefix(1)
      let other = letter == letter.lowercased() ? letter.uppercased() : letter.lowercased()
      return takeValue["-\(other)"].map { _ in "-\(other)" }
    }
    let names = long.map { String($0.dropFirst(2)) }
    return names.likely(for: String(word.dropFirst(2))).map { "--\($0)" }
  }
}
