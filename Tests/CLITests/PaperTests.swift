import Foundation
import TestSupport
import Testing

/// What the papers state is so.
@Suite struct PaperTests {
  private static let root = "\(EngineUnderTest.packageRoot)"

  /// Two screens, which a stranger reads to the end; the format has to be whole.
  @Test(arguments: ["ARCHITECTURE", "SECURITY", "CONTRIBUTING", "CHANGELOG"].map(Paper.init(named:)))
  func papersAreShort(_ paper: Paper) throws {
    #expect(try paper.lines().count <= 101)
    #expect(try paper.text().count <= 10_000)
  }

  @Test(arguments: Paper.all) func linksLeadToFiles(_ paper: Paper) throws {
    for link in try paper.text().matches(of: #/\]\(([^):]+)\)/#) {
      #expect(FileManager.default.fileExists(atPath: "\(Self.root)/\(link.1)"), "\(link.1)")
    }
  }

  @Test func everyPaperIsFoundFromTheFirst() throws {
    let text = try Paper(named: "README").text()
    for paper in Paper.all.dropFirst() { #expect(text.contains("](\(paper.name))"), "\(paper)") }
  }

  @Test(arguments: Paper.all) func whatMakeIsAskedForIsThere(_ paper: Paper) throws {
    let makefile = try String(contentsOfFile: Self.root + "/Makefile", encoding: .utf8)
    for line in try paper.lines() where line.hasPrefix("make ") || line.contains("`make ") {
      for command in line.matches(of: #/(?:^|`)make ((?:[a-z][a-z-]* ?)+)/#) {
        for target in command.1.split(separator: " ") {
          let isThere = makefile.contains("\n\(target):")
          #expect(isThere, "make \(target)")
        }
      }
    }
  }

  @Test func limitsAreThoseOfTheProgram() throws {
    let rows = try Paper(named: "SECURITY").rows().filter { $0[0].hasPrefix("`--") }
    try #require(rows.count >= 6)
    try Sandbox.use { box in
      let settings = try box.succeed("config", "show").outputLines
      for row in rows {
        let key = row[0].filter { $0 != "`" }.dropFirst(2)
        let value = row[1].filter { $0 != "`" }
        let told = settings.first { $0.hasPrefix("\(key) = ") || $0.hasPrefix("# \(key) is not set") }
        if value == "none" {
          #expect(told?.hasPrefix("# ") == true, "\(row)")
        } else {
          #expect(told?.filter { $0 != "\"" } == "\(key) = \(value)  # default", "\(row)")
        }
      }
    }
  }

  /// Where the sources let only users set something, the paper says that a project's file may not.
  @Test func whatAProjectMayNotSetIsListed() throws {
    let row = try Paper(named: "SECURITY").rows().first { $0[0] == "a project" }
    let listed = try #require(row)[2].matches(of: #/`([a-z][a-z-]*)`/#).map { String($0.1) }
    var keys: [String] = []
    for file in try names(below: "Sources/Commands") where file.hasSuffix(".swift") {
      let text = try String(contentsOfFile: "\(Self.root)/\(file)", encoding: .utf8)
      for option in text.components(separatedBy: "@CommandOption(").dropFirst() where option.contains(".byUsersOnly(") {
        let key = option.firstMatch(of: #/key: "([a-z-]+)"/#)?.1 ?? option.firstMatch(of: #/"([a-z-]+)"/#)?.1
        keys.append(String(try #require(key)))
      }
    }
    #expect(listed.sorted() == keys.sorted())
  }

  @Test func theVersionHasItsSection() throws {
    try Sandbox.use { box in
      let version = try #require(try box.succeed("--version").outputLines[0].split(separator: " ").last)
      let heads = try Paper(named: "CHANGELOG").lines().filter { $0.hasPrefix("## ") }
      #expect(heads[0].contains(version), "\(heads[0])")
    }
  }

  // MARK: Names

  /// Every file and folder below a folder.
  private func names(below folder: String) throws -> [String] {
    try FileManager.default.subpathsOfDirectory(atPath: "\(Self.root)/\(folder)").map { "\(folder)/\($0)" }
  }

  @Test(arguments: Paper.all) func filesThatAreNamedAreThere(_ paper: Paper) throws {
    let names = try (names(below: "Sources") + names(below: "Tests")).map { $0.split(separator: "/").last }
    for quoted in try paper.quoted() {
      let name = quoted.split(separator: " ")[0]
      if ["Sources/", "Tests/", "Examples/", ".ci/"].contains(where: name.hasPrefix) && !name.contains("<") {
        #expect(FileManager.default.fileExists(atPath: "\(Self.root)/\(name)"), "\(name)")
      } else if name.hasSuffix(".swift") || name.hasPrefix("CWasmtime.") {
        #expect(names.contains(name), "\(name)")
      }
    }
  }

  @Test(arguments: Paper.all) func optionsThatAreNamedAreThere(_ paper: Paper) throws {
    let completions = try String(contentsOfFile: Self.root + "/completions/wasmprecompile.bash", encoding: .utf8)
    let options = Set(completions.matches(of: #/--[a-z-]+/#).map(\.0))
    for quoted in try paper.quoted() where quoted.hasPrefix("--") || quoted.hasPrefix("wasmprecompile ") {
      for option in quoted.matches(of: #/--[a-z][a-z-]+/#) { #expect(options.contains(option.0), "\(option.0)") }
    }
  }

  @Test func typesThatArchitectureNamesAreThere() throws {
    let sources = try names(below: "Sources").filter { $0.hasSuffix(".swift") }.map { name in
      try String(contentsOfFile: "\(Self.root)/\(name)", encoding: .utf8)
    }.joined(separator: "\n")
    let declared = Set(
      sources.matches(of: #/\b(?:struct|class|enum|protocol|actor)\s+(\w+)/#).map { String($0.1) })
    for quoted in Set(try Paper(named: "ARCHITECTURE").quoted()) where !quoted.hasSuffix(".swift") {
      guard let name = quoted.wholeMatch(of: #/([A-Z]\w+)(?:\.\w+)*/#)?.1 else { continue }
      let isFolder = FileManager.default.fileExists(atPath: "\(Self.root)/Sources/\(name)")
      let isStage = FileManager.default.fileExists(atPath: "\(Self.root)/Sources/Precompiler/\(name)")
      #expect(isFolder || isStage || declared.contains(String(name)), "\(name)")
    }
  }

  @Test func everyStageOfARunIsNamed() throws {
    let quoted = Set(try Paper(named: "ARCHITECTURE").quoted())
    let path = Self.root + "/Sources/Precompiler"
    for name in try FileManager.default.contentsOfDirectory(atPath: path) where !name.contains(".") && name != "Support"
    {
      #expect(quoted.contains(name), "\(name)")
    }
  }
}
