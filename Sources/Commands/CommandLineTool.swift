public import ArgumentParser
internal import CLinux
internal import Glibc
internal import LinuxIO

/// The whole command: what a user types after the program's name, down to the exit status.
public struct CommandLineTool: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: "wasmprecompile",
    abstract: "Compile WebAssembly modules ahead of time into a cache that runtimes load from.",
    version: version,
    subcommands: [
      PrecompileCommand.self, PathCommand.self, HashCommand.self, EnginesCommand.self, CacheCommand.self,
      CompletionsCommand.self, CompileWorkerCommand.self,
    ],
    defaultSubcommand: PrecompileCommand.self)

  static let version = "0.1.0"

  public init() {}

  /// Runs the command that the program's arguments spell, and does not return.
  public static func main() -> Never {
    // Whoever reads the output may stop doing so; that is no reason to leave the work half done.
    _ = clinux_signal_ignore(SIGPIPE)
    let arguments = RawArguments.ofThisProcess()
    // Whoever asks the program itself for help wants what it does without a subcommand, too.
    if arguments == ["--help"] || arguments == ["-h"] {
      Output.standard.write(helpMessage(for: PrecompileCommand.self) + "\n")
      Glibc.exit(ExitStatus.success.rawValue)
    }
    do {
      var command = try parseAsRoot(arguments)
      try command.run()
    } catch let status as ExitStatus {
      Glibc.exit(status.rawValue)
    } catch let failure as RunFailure {
      Output.error.write("wasmprecompile: error: \(failure.message)\n")
      Glibc.exit(failure.status.rawValue)
    } catch {
      exit(withError: error)
    }
    Glibc.exit(ExitStatus.success.rawValue)
  }
}
