import ArgumentParser
import TestSupport
import Testing

@testable import Commands

/// Options that are settings are declared once, and no command forgets one.
struct SettingDefinitionTests: ConfigurationSuite {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  /// The long options that a command's help shows.
  private func options(of command: any ParsableCommand.Type) -> Set<String> {
    let lines = command.helpMessage(columns: 200).split(separator: "\n")
    return Set(lines.compactMap { $0.firstMatch(of: #/^\s+(?:-\w, )?--([a-z][a-z-]*)/#).map { String($0.1) } })
  }

  @Test func theNamesOfSubcommandsAreTheirs() {
    let shown = Subcommands.all.map { $0.configuration }.filter { $0.shouldDisplay }
    #expect(Subcommands.names == shown.compactMap { $0.commandName })
  }

  @Test func everyOptionIsASettingOrDecidedNotToBe() {
    // What is asked of one run, or what is said about it.
    let ofOneRun: Set = [
      "watch", "fail-fast", "dry-run", "force", "quiet", "verbose", "explain", "format", "version", "help",
      "files-from", "null", "check", "frozen", "output", "stamp", "depfile", "timings", "trace",
      "like", "engine-config", "hard-links", "verify",
    ]
    let options = options(of: PrecompileCommand.self)
    let settings = Set(Settings.all.map { String($0.option.dropFirst(2)) })
    #expect(settings.isSubset(of: options), "a setting has the name of an option")
    #expect(
      options.subtracting(settings) == ofOneRun,
      "a new option says what it is as a setting, or is in this list if it makes no sense to set it for good")
  }

  /// No command forgets one of its groups.
  @Test(arguments: [
    ["a"], ["path", "a"], ["run", "a"], ["inspect", "a"], ["engines"], ["cache", "dir"], ["cache", "list"],
    ["cache", "stats"], ["cache", "gc"], ["cache", "clear"], ["cache", "verify"],
  ]) func everyGroupOfACommandIsFilled(arguments: [String]) throws {
    let settings = try configuration(
      """
      backends = "winch"
      cpu = "baseline"
      engine = "e.so"
      cache-dir = "c"
      max-size = "5G"
      jobs = 3
      timeout = 7
      max-memory = "3Mi"
      debounce = 1
      color = "never"
      """
    ).given
    let parsed = try CommandLineTool.root(for: arguments).parseAsRoot(arguments)
    var command = try #require(parsed as? any ConfiguredCommand)
    command.fill(from: settings)
    let groups = Mirror(reflecting: command).children.compactMap { $0.value as? any Fillable }
    #expect(!groups.isEmpty)
    for group in groups { #expect(group.isFilled(from: settings), "\(type(of: group))") }
  }

  @Test func everyCommandWithASettingsOptionIsFilled() {
    func commands(below command: any ParsableCommand.Type) -> [any ParsableCommand.Type] {
      [command] + command.configuration.subcommands.flatMap(commands)
    }
    let settings = Set(Settings.all.map { String($0.option.dropFirst(2)) })
    for command in [PrecompileCommand.self] + Subcommands.all.flatMap(commands)
    where !options(of: command).isDisjoint(with: settings) {
      #expect(command is any ConfiguredCommand.Type, "\(command) takes \(options(of: command).intersection(settings))")
    }
  }
}

private protocol Fillable {
  func isFilled(from settings: GivenSettings) -> Bool
}

extension ParsedOptions: Fillable {
  fileprivate func isFilled(from settings: GivenSettings) -> Bool {
    "\(Group(given: given, settings))" == "\(wrappedValue)"
  }
}

extension OptionGroup: Fillable where Value: Fillable {
  fileprivate func isFilled(from settings: GivenSettings) -> Bool { wrappedValue.isFilled(from: settings) }
}
