public import ArgumentParser
internal import CLinux
internal import Glibc
internal import LinuxIO
internal import ProgramToolchain
internal import Synchronization
internal import WasmtimeToolchain

/// The whole command: what a user types after the program's name, down to the exit status.
///
/// This type stands for the program where it is described as one: in its help, its completions and its manual. For
/// parsing it is taken apart, because a command with both arguments and subcommands would take a subcommand's options for
/// its own: the first argument decides between ``Subcommands`` and ``PrecompileCommand``.
public struct CommandLineTool: ParsableCommand {
  public static let configuration = CommandConfiguration(
    commandName: Program.name, abstract: PrecompileCommand.configuration.abstract,
    usage: """
      \(Program.name) [<options>] <path> ...
      \(Program.name) \(Subcommands.names.joined(separator: "|")) …
      """,
    discussion: PrecompileCommand.configuration.discussion, version: Program.version, subcommands: Subcommands.all)

  @OptionGroup var precompile: PrecompileCommand

  public init() {}

  /// Runs the command that the program's arguments spell, and does not return.
  ///
  /// - Parameter commit: what the program was built from. Only the executable's one line is compiled anew for it.
  public static func main(commit: String) -> Never {
    Output.occupyStandardDescriptors()
    // A reader of the output may go away, and a file may become larger than is allowed. These are errors, but no reason
    // to leave the work half done.
    for signal in [SIGPIPE, SIGXFSZ] { _ = clinux_signal_ignore(signal) }
    clinux_raise_descriptor_limit()
    let arguments = JoinedSettings.separated(RawArguments.ofThisProcess())
    // We start this subcommand ourselves for every lane, so it skips the parser, which takes three milliseconds.
    if arguments.first == CompileChildMain.subcommand {
      CompileChildMain.run(arguments.dropFirst())
      Glibc.exit(ExitStatus.success.rawValue)
    }
    if arguments.first == ProgramSupervisor.subcommand {
      ProgramSupervisor.run()
      Glibc.exit(ExitStatus.success.rawValue)
    }
    if arguments.count == 2, arguments[0] == CommandSupervisor.subcommand {
      CommandSupervisor.run(socket: arguments[1])
      Glibc.exit(ExitStatus.success.rawValue)
    }
    let root = root(for: arguments)
    var running: (any ParsableCommand)?
    do {
      var command = try command(arguments, root)
      running = command
      try command.run()
      if Output.isLost.load(ordering: .relaxed) {
        throw RunFailure(status: .outputLost, message: "the results could not be written to standard output")
      }
    } catch let end as ProgramEnd {
      if let message = end.message { Output.error.write(message + "\n") }
      Glibc.exit(end.status)
    } catch let status as ExitStatus {
      Glibc.exit(status.rawValue)
    } catch let failure as RunFailure {
      let palette = (running as? any ColoredCommand)?.palette ?? .plain
      Output.error.write(palette.error(Program.name, failure.message) + "\n")
      JSONLines.tell(failure, unlessToldBy: arguments)
      Glibc.exit(failure.status.rawValue)
    } catch {
      // The parser has the number alone: the rest takes a look at files, which no other command shall pay for.
      if root.message(for: error) == Program.version {
        Output.standard.write(VersionReport(commit: commit).text)
        Glibc.exit(ExitStatus.success.rawValue)
      }
      if root.exitCode(for: error).isSuccess { root.exit(withError: error) }
      let complaint = UsageComplaint(error, of: root, arguments)
      Output.error.write(complaint.text)
      JSONLines.tell(RunFailure(status: .usage, message: complaint.message), unlessToldBy: arguments)
      Glibc.exit(root.exitCode(for: error).rawValue)
    }
    Glibc.exit(ExitStatus.success.rawValue)
  }

  /// The command that these arguments spell, with what is set elsewhere.
  private static func command(
    _ arguments: [String], _ root: any ParsableCommand.Type
  ) throws -> any ParsableCommand {
    guard !arguments.isEmpty else {
      throw RunFailure(
        status: .usage,
        message: "nothing to precompile: name files or directories, or see `\(Program.name) --help`")
    }
    if let complaint = Subcommands.complaint(about: arguments) { throw RunFailure(status: .usage, message: complaint) }
    if root == PrecompileCommand.self, var command = QuickArguments.parse(arguments, for: PrecompileCommand.self) {
      try Subcommands.refuseOne(among: command.invocation.path)
      try command.configure()
      return command
    }
    if arguments[0] == PathCommand.configuration.commandName,
      var command = QuickArguments.parse(Array(arguments[1...]), for: PathCommand.self)
    {
      try command.configure()
      return command
    }
    let command = try root.parseAnyLength(arguments)
    if let command = command as? PrecompileCommand { try Subcommands.refuseOne(among: command.invocation.path) }
    guard var configured = command as? any ConfiguredCommand else { return command }
    try configured.configure()
    return configured
  }

  /// The type that these arguments are for.
  static func root(for arguments: [String]) -> any ParsableCommand.Type {
    guard let first = arguments.first else { return PrecompileCommand.self }
    if arguments == ["help"] { return Self.self }
    if Subcommands.names.contains(first) || first == "help" { return Subcommands.self }
    return ["-h", "--help", "--version", "--experimental-dump-help"].contains(first)
      ? Self.self : PrecompileCommand.self
  }
}
