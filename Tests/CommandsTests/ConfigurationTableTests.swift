import SystemPackage
import TestSupport
import Testing

@testable import Commands

/// Tables of configuration files that have a name: `[host.NAME]` and the like.
struct ConfigurationTableTests: ConfigurationSuite {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func tables(_ text: String, isProject: Bool = false) throws -> [NamedTable] {
    let all = Dictionary(uniqueKeysWithValues: Settings.all.map { ($0.key, $0) })
    let settings = ["cpu", "jobs", "engine"].compactMap { all[$0] }
    return try file(text).tables(
      TableSetting(key: "host", isForUsersOnly: true, settings: settings), isProject: isProject)
  }

  private func tableRefusal(_ text: String, isProject: Bool = false) -> String? {
    do {
      _ = try tables(text, isProject: isProject)
      return nil
    } catch {
      let name = "\(directory(ConfigurationFile.projectName)):"
      return (error as? RunFailure).map { String($0.message.dropFirst(name.count)) }
    }
  }

  @Test func aTableOfSettingsHasANameAndLines() throws {
    let tables = try tables(
      """
      rehash = true
      [host.edge]
      cpu = "baseline"
      engine = "edge.so"

      [host."far away"]
      jobs = 2
      """)
    let path = directory(ConfigurationFile.projectName)
    #expect(tables.map(\.name) == ["edge", "far away"])
    #expect(tables.map(\.origin) == [.file(path, line: 2), .file(path, line: 6)])
    #expect(tables.first?.values["cpu"]?.texts == ["baseline"])
    #expect(tables.first?.values["cpu"]?.origin == .file(path, line: 3))
    #expect(
      tables.first?.values["engine"]?.texts == ["\(directory("edge.so"))"], "paths start from the file's directory")
    #expect(tables.last?.values["jobs"]?.texts == ["2"])
    #expect(try self.tables("rehash = true\n").isEmpty)
  }

  @Test(arguments: [
    ("[host.a]\njob = 1\n", "2: unknown key 'job' in [host.a]; did you mean 'jobs'?"),
    ("[host.a]\njobs = 0\n", "2: jobs must be a number from 1 to 1024, not '0'"),
    ("host = 3\n", "1: host must be tables [host.NAME], not a number"),
    ("[[host]]\n", "1: host must be tables [host.NAME], not a list"),
    ("[host]\njobs = 3\n", "2: host.jobs must be a table [host.jobs], not a number"),
  ]) func aTableThatMakesNoSenseIsRefused(text: String, message: String) {
    #expect(tableRefusal(text) == message)
  }

  @Test func aProjectMayHaveNoTableOfUsers() {
    let message = tableRefusal("\n[host.a]\n", isProject: true)
    #expect(
      message?.hasPrefix(
        "2: [host.a] may not be set by a project: it decides what code runs, is trusted or is kept; use your own ")
        == true)
  }

  @Test func aByteOrderMarkIsPassedOver() throws {
    #expect(try configuration("\u{feff}jobs = 3\n").given["jobs"]?.texts == ["3"])
  }
}
