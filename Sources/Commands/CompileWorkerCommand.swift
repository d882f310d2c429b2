internal import ArgumentParser
internal import Precompiler

/// Runs a compile child; for the program itself to start, not for people.
struct CompileWorkerCommand: ParsableCommand {
  static let configuration = CommandConfiguration(commandName: CompileService.subcommand, shouldDisplay: false)

  func run() { CompileService.run() }
}
