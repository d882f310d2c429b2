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
    case .bash: try script.mendBash(names)
    case .zsh: try script.mendZsh(names)
    default: try script.mendFish(names)
    }
    text = script.text.hasSuffix("\n") ? script.text : script.text + "\n"
  }
}

/// The generator's text. Places in it are found by their words.
private struct GeneratedScript {
  private(set) var text: String

  init(_ text: String) { self.text = text }

  mutating func mendBash(_ names: [String]) throws(RunFailure) {
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
