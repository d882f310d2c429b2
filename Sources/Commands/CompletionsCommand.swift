internal import ArgumentParser

struct CompletionsCommand: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: "completions", abstract: "Print a shell's completion script.",
    discussion: "For example: `source <(wasmprecompile completions bash)`.")

  enum Shell: String, CaseIterable, ExpressibleByArgument {
    case bash, zsh, fish
  }

  @Argument(help: "bash, zsh or fish.")
  var shell: Shell

  func run() throws {
    let script =
      switch shell {
      case .bash: try CompletionScript(.bash)
      case .zsh: try CompletionScript(.zsh)
      case .fish: try CompletionScript(.fish)
      }
    Output.standard.write(script.text)
  }
}
