import Foundation
import SystemPackage
import TestSupport
import Testing

/// A server, which is a directory, and runs that use it.
struct RemoteServer {
  let box: Sandbox
  let path: String
  let address: String
  let helper: String

  private init(in box: Sandbox) throws {
    self.box = box
    path = "\(box.path)/server"
    address = "grpc://127.0.0.1:9\(path)"
    helper = "\(try BuiltExecutable.path().removingLastComponent())/RemoteTestHelper"
    try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: false)
    for (number, name) in Self.names.enumerated() {
      try box.write(WasmBinary.returning(number), to: "\(name).wasm")
    }
  }

  func fault(_ word: String) throws { try box.write(word, to: "../server/fault") }

  var log: [String] { ((try? String(contentsOfFile: path + "/log", encoding: .utf8)) ?? "").lines }

  /// The artifacts that it has, by name.
  func artifacts() throws -> [String] { try files(".cwasm") }

  /// Their signatures.
  func signatures() throws -> [String] { try files(".sig") }

  private func files(_ suffix: String) throws -> [String] {
    try FileManager.default.contentsOfDirectory(atPath: path).filter { $0.hasSuffix(suffix) }.sorted()
  }

  func command(_ arguments: Argument...) -> Command { command(arguments) }

  /// The tool, above this server.
  func command(_ arguments: [Argument]) -> Command {
    var command = box.tool(arguments)
    command.environment["WASMPRECOMPILE_REMOTE"] = address
    command.environment["WASMPRECOMPILE_REMOTE_HELPER"] = helper
    return command
  }

  @discardableResult
  func succeed(_ arguments: Argument..., location: SourceLocation = #_sourceLocation) throws -> CommandResult {
    let result = try command(arguments).run(location)
    #expect(result.ending == .exited(0), "\(result.errors)", sourceLocation: location)
    return result
  }

  /// What a run says, with the server's address and times masked.
  func masked(_ text: String) -> String {
    text.replacing(address, with: "SERVER").replacing(helper, with: "HELPER").masked
  }

  static let names = ["one", "two", "three"]

  /// Runs a test with a server and modules of these names in a sandbox.
  static func use(_ body: (Sandbox, RemoteServer) throws -> Void) throws {
    try Sandbox.use { box in try body(box, RemoteServer(in: box)) }
  }
}
