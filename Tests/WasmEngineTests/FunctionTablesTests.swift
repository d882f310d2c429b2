import CWasmtime
import Glibc
import SystemPackage
import TestSupport
import Testing

@testable import WasmEngine

/// Libraries that have the names of libwasmtime's functions, all or all but one.
@Suite(.needs(FakeLibrary.clang != nil, "the toolchain's clang in the PATH"))
struct FunctionTablesTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func load(without missing: String? = nil) throws -> cwasmtime_api_t {
    let path = try FakeLibrary.make(at: directory("\(missing ?? "complete").so"), without: missing)
    return try EngineLibrary.load(path.string).pointee
  }

  /// What there is of a table that a library may lack.
  private func groups(_ api: cwasmtime_api_t) -> Set<String> {
    var groups: Set<String> = []
    if api.pulley != nil { groups.insert("PULLEY") }
    if api.components != nil { groups.insert("COMPONENTS") }
    if api.running != nil { groups.insert("RUNNING") }
    if api.running?.pointee.type_equality != nil { groups.insert("TYPE_EQUALITY") }
    if let running = api.component_running?.pointee {
      groups.insert("COMPONENT_RUNNING")
      if running.wasip2 != nil { groups.insert("WASIP2") }
      if running.types != nil { groups.insert("COMPONENT_TYPES") }
    }
    return groups
  }

  private static let optional: Set<String> = [
    "PULLEY", "COMPONENTS", "RUNNING", "TYPE_EQUALITY", "COMPONENT_RUNNING", "WASIP2", "COMPONENT_TYPES",
  ]

  /// The tables that are of no use without another.
  private static let dependent: [String: Set<String>] = [
    "RUNNING": ["TYPE_EQUALITY"],
    // Components are compiled or loaded before they run.
    "COMPONENTS": ["COMPONENT_RUNNING", "WASIP2", "COMPONENT_TYPES"],
    "COMPONENT_RUNNING": ["WASIP2", "COMPONENT_TYPES"],
  ]

  @Test func groupIsThereOnlyWithAllItsFunctions() throws {
    let complete = try load()
    #expect(groups(complete) == Self.optional)
    #expect(complete.cannot_run_without == nil && complete.cannot_run_components_without == nil)
    for group in Self.optional {
      for missing in try FakeLibrary.firstAndLast(of: group) {
        let api = try load(without: missing)
        let lost = Self.dependent[group, default: []].union([group])
        #expect(groups(api) == Self.optional.subtracting(lost), "without \(missing)")
        let blamed = api.cannot_run_without.map { String(cString: $0) }
        #expect(blamed == (group == "RUNNING" ? missing : nil))
        let blamedForComponents = api.cannot_run_components_without.map { String(cString: $0) }
        #expect(blamedForComponents == (lost.contains("COMPONENT_RUNNING") ? missing : nil))
      }
    }
  }

  @Test func functionThatEveryReleaseHasIsNamedWhereItIsMissing() throws {
    for missing in try FakeLibrary.firstAndLast(of: "API") {
      #expect(throws: EngineError.notWasmtime(missingFunction: missing)) { try load(without: missing) }
    }
  }

  /// A host that opens an engine again and again must not grow.
  @Test func libraryHasOneSetOfTables() throws {
    let path = try FakeLibrary.make(at: directory("library.so"))
    let first = try EngineLibrary.load(path.string)
    #expect(try EngineLibrary.load(path.string) == first)
    let other = try FakeLibrary.make(at: directory("other.so"))
    #expect(try EngineLibrary.load(other.string) != first)
  }
}

/// A shared library that has the names of libwasmtime's functions, but does nothing.
private enum FakeLibrary {
  /// The `PATH` to find clang in; nil if there is none.
  static let clang: String? = {
    guard let path = getenv("PATH").map({ String(cString: $0) }) else { return nil }
    return path.split(separator: ":").contains { access("\($0)/clang", X_OK) == 0 } ? path : nil
  }()

  /// The names of a group's functions, as `CWasmtime.c` lists them: `GROUP(member, "name"),`.
  private static func names(of group: String) throws -> [String] {
    let source = try [UInt8](contentsOf: EngineUnderTest.packageRoot.appending("Sources/CWasmtime/CWasmtime.c"))
    return String(decoding: source, as: UTF8.self).split(separator: "\n").compactMap { line in
      guard line.hasPrefix("    \(group)("), line.hasSuffix("\"),") else { return nil }
      return line.split(separator: "\"").dropFirst().first.map(String.init)
    }
  }

  static func firstAndLast(of group: String) throws -> Set<String> {
    let names = try names(of: group)
    return Set([names.first, names.last].compactMap(\.self))
  }

  static func make(at path: FilePath, without missing: String? = nil) throws -> FilePath {
    let groups = [
      "API", "PULLEY", "COMPONENTS", "RUNNING", "TYPE_EQUALITY", "COMPONENT_RUNNING", "WASIP2", "COMPONENT_TYPES",
    ]
    let names = try groups.flatMap { try self.names(of: $0) }.filter { $0 != missing }
    let source = names.map { "void \($0)(void) {}\n" }.joined()
    let script = #"PATH="$1"; printf %s "$2" | clang -w -shared -nostdlib -fPIC -x c - -o "$3""#
    _ = try Tool.shell(script, [clang ?? "", source, path.string])
    return path
  }
}
