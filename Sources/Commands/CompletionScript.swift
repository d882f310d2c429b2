internal import ArgumentParser

/// A shell's completion script: the argument parser's, mended where it goes wrong.
///
/// Its generator takes every first word for a path, because a command that takes paths leaves it no place for
/// subcommands. Here the first word may be either, and what follows a subcommand is the subcommand's.
struct CompletionScript {
  let text: String

  init(_ shell: CompletionShell) throws(RunFailure) {
    var script = GeneratedScript(CommandLineTool.completionScript(for: shell))
    let names = Subcommands.names + ["help"]
    switch shell {
    case .bash:
      try script.mendBash(names)
      try script.mendBashHelp()
    case .zsh:
      try script.mendZsh(names)
      try script.mendZshHelp()
      script.mendZshValues()
    default:
      try script.mendFish(names)
      try script.mendFishDescriptions()
    }
    text = script.text.hasSuffix("\n") ? script.text : script.text + "\n"
  }
}

/// The generator's text. Places in it are found by their words.
private struct GeneratedScript {
  private(set) var text: String

  init(_ text: String) { self.text = text }

  /// After `help`, what it can be asked about: subcommands, and then those of one that has some.
  private static var topics: [(name: String, nested: [String])] {
    Subcommands.all.filter { $0.configuration.shouldDisplay }.compactMap { command in
      command.configuration.commandName.map { name in
        (name, command.configuration.subcommands.compactMap { $0.configuration.commandName })
      }
    }
  }

  /// Bash takes `--option=value` apart, and `=` is a word of its own.
  mutating func mendBash(_ names: [String]) throws(RunFailure) {
    try replace(
      #"""
          local -r cur="${2}"
          local -r prev="${3}"

          local -i positional_number
          local -a unparsed_words=("${COMP_WORDS[@]:1:${COMP_CWORD}}")

      """#,
      by: #"""
            local cur="${2}"
            local prev="${3}"

            # Bash takes `--option=value` apart: `=` is a word of its own.
            if [[ "${COMP_WORDS[${COMP_CWORD}]}" = '=' ]]; then
                cur=''
            elif [[ "${prev}" = '=' && "${COMP_CWORD}" -gt 2 ]]; then
                prev="${COMP_WORDS[$((COMP_CWORD - 2))]}"
            fi

            local -i positional_number
            local -a unparsed_words=()
            local word option=''
            for word in "${COMP_WORDS[@]:1:${COMP_CWORD}}"; do
                [[ "${word}" = '=' && "${option}" = --* ]] || unparsed_words+=("${word}")
                option="${word}"
            done
            [[ "${option}" = '=' ]] && unparsed_words+=('')

        """#)
    _ = try cut(from: "\n    # Offer subcommand / subcommand argument completions\n", upTo: "}\n")
    try insert(
      """
          # Only the first word can be a subcommand; the words after it are the subcommand's.
          if [[ "${COMP_CWORD}" -gt 1 ]]; then
              case "${COMP_WORDS[1]}" in
              \(names.joined(separator: "|")))
                  unparsed_words=("${unparsed_words[@]:1}")
                  "_wasmprecompile_${COMP_WORDS[1]}"
                  return
                  ;;
              esac
          elif [[ "${cur}" != -* ]]; then
              COMPREPLY+=($(compgen -W '\(names.joined(separator: " "))' -- "${cur}"))
          fi


      """, before: "    local -a repeating_flags=()\n")
  }

  mutating func mendBashHelp() throws(RunFailure) {
    let nested = Self.topics.filter { !$0.nested.isEmpty }.map {
      "    \($0.name)) __wasmprecompile_add_completions -W '\($0.nested.joined(separator: "'$'\\n''"))' ;;\n"
    }
    try insert(
      """
          if [[ "${COMP_CWORD}" -eq 2 ]]; then
              __wasmprecompile_add_completions -W '\(Self.topics.map(\.name).joined(separator: "'$'\\n''"))'
          elif [[ "${COMP_CWORD}" -eq 3 ]]; then
              case "${COMP_WORDS[2]}" in
          \(nested.joined(separator: "    "))        esac
          fi

      """, after: "    non_repeating_flags=(--version)\n    repeating_options=()\n    non_repeating_options=()\n")
  }

  mutating func mendZshHelp() throws(RunFailure) {
    let nested = Self.topics.filter { !$0.nested.isEmpty }.map {
      "[[ \"${words[2]}\" == \($0.name) ]] && compadd -- \($0.nested.joined(separator: " "))"
    }
    try replace(
      "'*:subcommands:'",
      by: "'1:subcommand:(\(Self.topics.map(\.name).joined(separator: " ")))'\n        "
        + "'2:subcommand:{\(nested.joined(separator: "; "))}'")
  }

  /// Without an `=` behind its name, zsh does not take an option and its value in one word.
  mutating func mendZshValues() {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line -> String in
      // A value is behind the description: `--name[description]:value:action`, or `{--name,-n}'[description]:value:action`.
      guard line.contains("]:") else { return String(line) }
      return String(line).replacing(#/(--[a-z-]+)(\[|,-[A-Za-z]\}'\[)/#, maxReplacements: 1) { "\($0.1)=\($0.2)" }
    }
    text = lines.joined(separator: "\n")
  }

  /// Fish shows an option's description beside each of its values unless they have their own, which may be empty.
  mutating func mendFishDescriptions() throws(RunFailure) {
    let marker = " -rfka '"
    var mended = ""
    for line in text.split(separator: "\n", omittingEmptySubsequences: false) {
      if let values = line.firstRange(of: marker), line.hasSuffix("'") {
        let words = line[values.upperBound...].dropLast().split(separator: " ").map { "\($0)\\t" }
        mended += "\(line[..<values.upperBound])\(words.joined(separator: " "))'\n"
      } else {
        mended += line + "\n"
      }
    }
    text = mended.hasSuffix("\n\n") ? String(mended.dropLast()) : mended
    for topic in Self.topics {
      text += Self.fishTopic(topic.name, when: "test (count (commandline -opc)) -eq 2", after: "help")
      for name in topic.nested {
        text += Self.fishTopic(
          name, when: "test (count (commandline -opc)) -eq 3; and test (commandline -opc)[3] = \(topic.name)",
          after: "help")
      }
    }
  }

  private static func fishTopic(_ name: String, when condition: String, after command: String) -> String {
    "complete -c '\(Program.name)' -n '\(condition); and test (commandline -opc)[2] = \(command)' -fa '\(name)'\n"
  }

  mutating func mendZsh(_ names: [String]) throws(RunFailure) {
    let list = try cut(from: "        local -ar subcommands=(\n", upTo: "        _describe -V subcommand subcommands")
    _ = try cut(from: "    case \"${state}\" in\n    command)\n", upTo: "    return \"${ret}\"\n}\n")
    _ = try cut(from: "        '(-): :->command'\n", upTo: "    )\n")
    try replace(
      "'*:path:_files'",
      by: "'1: :{_files; (( CURRENT == 2 )) && _describe -V subcommand subcommands}'\n        '*:path:_files'")
    try insert(
      """
          # Only the first word can be a subcommand; the words after it are the subcommand's.
          if (( CURRENT > 2 )) && [[ "${words[2]}" == (\(names.joined(separator: "|"))) ]]; then
              shift words
              (( CURRENT-- ))
              "_wasmprecompile_${words[1]}"
              return
          fi

      """ + list, before: "    local -i ret=1\n")
  }

  mutating func mendFish(_ names: [String]) throws(RunFailure) {
    let root = try cut(
      from: "        __wasmprecompile_parse_subcommand -r 1",
      upTo: "        switch $unparsed_tokens[1]\n        case 'path'\n")
    try insert(
      """
              # Only the first word can be a subcommand; the words after it are the subcommand's.
              if contains -- "$unparsed_tokens[2]" \(names.joined(separator: " "))
                  set -a commands $unparsed_tokens[1]
                  set -e unparsed_tokens[1]
              else
              \(root)        end

      """, before: "        switch $unparsed_tokens[1]\n        case 'path'\n")
    try replace(
      "'__wasmprecompile_should_offer_completions_for_positional \"wasmprecompile\" -eq 2'",
      by: "'test (count (commandline -opc)) -eq 1'")
  }

  /// Removes the text between two places, with the first and without the second.
  private mutating func cut(from start: String, upTo end: String) throws(RunFailure) -> String {
    guard let first = text.firstRange(of: start),
      let last = text[first.upperBound...].firstRange(of: end)
    else { throw unknown(start) }
    let range = first.lowerBound..<last.lowerBound
    defer { text.removeSubrange(range) }
    return String(text[range])
  }

  private mutating func insert(_ more: String, before place: String) throws(RunFailure) {
    guard let range = text.firstRange(of: place) else { throw unknown(place) }
    text.insert(contentsOf: more, at: range.lowerBound)
  }

  private mutating func insert(_ more: String, after place: String) throws(RunFailure) {
    guard let range = text.firstRange(of: place) else { throw unknown(place) }
    text.insert(contentsOf: more, at: range.upperBound)
  }

  /// Replaces a text everywhere.
  private mutating func replace(_ old: String, by new: String) throws(RunFailure) {
    guard text.contains(old) else { throw unknown(old) }
    text.replace(old, with: new)
  }

  /// A place is missing in the generator's text. The tests would have noticed.
  private func unknown(_ place: String) -> RunFailure {
    RunFailure(
      status: .usage, message: "the argument parser writes another script than this program knows: no \(place)")
  }
}
