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

  func run() {
    let script =
      switch shell {
      case .bash: CommandLineTool.completionScript(for: .bash)
      case .zsh: CommandLineTool.completionScript(for: .zsh)
      case .fish: CommandLineTool.completionScript(for: .fish)
      }
    Output.standard.write(script.hasSuffix("\n") ? script : script + "\n")
  }
}
