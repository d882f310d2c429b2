import Foundation
import SystemPackage
import TestSupport
import Testing

/// The tool with the real program that speaks to other machines, and real servers.
struct RealRemote {
  let box: Sandbox
  /// For what belongs to servers.
  let directory: TemporaryDirectory
  /// Set for every run.
  var environment: [String: String] = [:]
  /// They run for as long as the test.
  private(set) var servers: [RealServer] = []

  /// What the package in `Sources/Remote` has built.
  static let helper = "\(EngineUnderTest.packageRoot)/.build/remote/debug/wasmprecompile-remote"

  static var isThere: Bool { [helper, RealServers.casd, RealServers.nginx].allSatisfy { RealServers.isThere($0) } }

  static let need = "wasmprecompile-remote, buildbox-casd and nginx: `make test` brings them"

  static let names = ["one", "two", "three"]

  private init(_ box: Sandbox) throws {
    self.box = box
    directory = try TemporaryDirectory()
    for (number, name) in Self.names.enumerated() {
      try box.write(WasmBinary.returning(number), to: "\(name).wasm")
    }
  }

  /// Runs a test with some modules in a sandbox.
  static func use(_ body: (Sandbox, inout RealRemote) throws -> Void) throws {
    try Sandbox.use { box in
      var remote = try RealRemote(box)
      try body(box, &remote)
    }
  }

  mutating func keep(_ servers: RealServer...) { self.servers += servers }

  /// The tool, on a machine with a cache of this name.
  func command(_ machine: String, _ arguments: Argument...) -> Command { command(machine, arguments) }

  func command(_ machine: String, _ arguments: [Argument]) -> Command {
    var command = box.tool(arguments)
    command.environment["WASMPRECOMPILE_CACHE_DIR"] = "\(box.path)/\(machine)"
    command.environment["WASMPRECOMPILE_REMOTE_HELPER"] = Self.helper
    command.environment.merge(environment) { $1 }
    return command
  }

  /// What a run says, without what differs; it must have done its work.
  func run(
    _ machine: String, _ arguments: Argument..., masking address: String = "",
    location: SourceLocation = #_sourceLocation
  ) throws -> [String] {
    let result = try command(machine, arguments).run(location)
    #expect(result.ending == .exited(0), "\(result.errors)", sourceLocation: location)
    return (address.isEmpty ? result.errors : result.errors.replacing(address, with: "SERVER")).masked.lines
  }

  /// Checks that two machines have the same artifacts of a module.
  func expectSame(
    _ machines: [String], _ module: String, _ options: Argument..., location: SourceLocation = #_sourceLocation
  ) throws {
    let artifacts = try machines.map { machine in
      let path = try command(machine, ["path", "--remote", "none"] + options + [Argument(module)]).run(location)
      #expect(path.ending == .exited(0), "\(path.errors)", sourceLocation: location)
      return FileManager.default.contents(atPath: path.outputLines.first ?? "")
    }
    #expect(artifacts[0] != nil && Set(artifacts).count == 1, "\(module)", sourceLocation: location)
  }
}
