import Foundation
import TestSupport
import Testing

/// The manual is whole: there is a page for each subcommand, and what it names is there. `make docs-check` compares it with what
/// the program says, and has mandoc look at it.
@Suite struct ManualTests {
  @Test func everySubcommandHasAPage() throws {
    let pages = Set(try ManualPage.all().filter { $0.section == "1" }.map(\.name))
    let commands = try DescribedCommand.all()
    try #require(commands.count > 15)
    #expect(pages == Set(commands.map(\.page)))
  }

  @Test func everyOptionIsInThePageOfItsCommand() throws {
    for command in try DescribedCommand.all() {
      let page = try ManualPage.named(command.page)
      #expect(command.options.subtracting(page.options) == [], "\(command.page)")
    }
  }

  /// What a page refers to for an option is there.
  @Test func everyOptionIsExplainedSomewhere() throws {
    let explained = try ManualPage.all().reduce(into: Set<String>()) { $0.formUnion($1.explainedOptions) }
    for command in try DescribedCommand.all() {
      #expect(command.options.subtracting(explained) == [], "\(command.page)")
    }
  }

  @Test func everyReferenceLeadsToAPage() throws {
    let pages = try ManualPage.all()
    let names = Set(pages.map { "\($0.name) \($0.section)" })
    for page in pages { #expect(page.references.subtracting(names) == [], "\(page.testDescription)") }
  }

  @Test func theFirstPageLeadsToAll() throws {
    let first = try ManualPage.named("wasmprecompile")
    let others = try ManualPage.all().filter { $0.name != first.name }
    #expect(first.references == Set(others.map { "\($0.name) \($0.section)" }))
    for page in others { #expect(page.references.contains("wasmprecompile 1"), "\(page.testDescription)") }
  }

  /// A page is read from its beginning to its end.
  @Test func pagesAreShort() throws {
    for page in try ManualPage.all() { #expect(page.text.lines.count <= 480, "\(page.testDescription)") }
  }

  @Test func everyPageIsInstalled() throws {
    let installed = try Installation.files(in: Installation.shared.get().root)
    for page in try ManualPage.all() { #expect(installed.contains(page.place)) }
  }

  /// Sources whose page has gone would say things to nobody.
  @Test func everySourceHasItsPage() throws {
    let pages = Set(try ManualPage.all().map { "\($0.name).\($0.section)" })
    let sources = try FileManager.default.contentsOfDirectory(atPath: ManualPage.directory + "/source")
    #expect(Set(sources).subtracting(pages) == [])
  }

  @Test func commandsInPagesHaveTheOptions() throws {
    let known = Set(try DescribedCommand.all().flatMap(\.options))
    for page in try ManualPage.all() {
      for line in page.text.lines where line.hasPrefix("$ wasmprecompile ") || line.hasPrefix(".Ql wasmprecompile ") {
        for option in line.matches(of: #/ (--[a-z][a-z-]*)/#) {
          #expect(known.contains(String(option.1)), "\(page.testDescription): \(line)")
        }
      }
    }
  }

  /// What a reader searches for is what the program prints.
  @Test func messagesInTroubleshootingAreThoseOfTheProgram() throws {
    let page = try ManualPage.named("wasmprecompile-troubleshooting")
    let messages = page.text.matches(of: #/(?m)^\.It Qq (.*)$/#).map { String($0.1) }
    let ours = messages.filter { !$0.hasPrefix("Module was ") && !$0.hasPrefix("running a ") }
    try #require(ours.count > 10)
    let sources = try FileManager.default.subpathsOfDirectory(atPath: "\(EngineUnderTest.packageRoot)/Sources")
      .filter { $0.hasSuffix(".swift") }
      .map { try String(contentsOfFile: "\(EngineUnderTest.packageRoot)/Sources/\($0)", encoding: .utf8) }
    for message in ours {
      for part in message.matches(of: #/[^…0-9=]{4,}/#) {
        let text = part.0.trimmingCharacters(in: .whitespaces)
        #expect(sources.contains { $0.contains(text) }, "\(text)")
      }
    }
  }

  /// The system's `man` finds a subcommand's page by two words as by one.
  @Test(arguments: [["wasmprecompile", "run"], ["wasmprecompile-run"], ["wasmprecompile", "troubleshooting"]])
  func manFindsThePage(_ words: [String]) throws {
    try Sandbox.use { box in
      let pages = try Installation.shared.get().path + "/share/man"
      var man = box.command("man", ["-M", Argument(pages), "-w"] + words.map { Argument($0) })
      man.environment["PATH"] = ProcessInfo.processInfo.environment["PATH"] ?? "/usr/bin:/bin"
      let run = try man.run()
      #expect(run.ending == .exited(0), "\(run.errors)")
      #expect(run.outputLines.count == 1)
      #expect(run.output.contains("/" + words.joined(separator: "-") + "."))
    }
  }
}

/// A command as the program describes itself for generators.
private struct DescribedCommand {
  /// The page that it should have.
  let page: String
  let options: Set<String>

  /// Every command but `help`, which is the parser's. One subcommand alone is in its command's page.
  static func all() throws -> [DescribedCommand] {
    var found: [DescribedCommand] = []
    try Sandbox.use { box in
      let dump = try box.succeed("--experimental-dump-help").output
      found = commands(try JSONDecoder().decode(Dump.self, from: Data(dump.utf8)).command, [])
    }
    return found
  }

  private static func commands(_ node: Dump.Node, _ parents: [String]) -> [DescribedCommand] {
    let spelled = parents + [node.commandName]
    let nested = (node.subcommands ?? []).filter { $0.shouldDisplay && $0.commandName != "help" }
    let only = nested.count == 1 ? nested[0] : nil
    var options: Set<String> = []
    for argument in (only ?? node).arguments where argument.shouldDisplay {
      for name in argument.names ?? [] { options.insert((name.name.count == 1 ? "-" : "--") + name.name) }
    }
    let command = DescribedCommand(page: spelled.joined(separator: "-"), options: options)
    return [command] + (only == nil ? nested.flatMap { commands($0, spelled) } : [])
  }

  private struct Dump: Decodable {
    struct Node: Decodable {
      let commandName: String
      let shouldDisplay: Bool
      let arguments: [Argument]
      let subcommands: [Node]?
    }

    struct Argument: Decodable {
      struct Name: Decodable { let name: String }

      let shouldDisplay: Bool
      let names: [Name]?
    }

    let command: Node
  }
}
