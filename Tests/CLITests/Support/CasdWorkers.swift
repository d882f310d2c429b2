import TestSupport

/// buildbox-casd, with workers or without, which ends with its owner.
struct CasdWorkers {
  private let server: RealServer
  private let directory: TemporaryDirectory

  static let need = "wasmprecompile-remote, buildbox-casd and bubblewrap: `make test` brings them"

  static var areThere: Bool { RealServers.isThere(RealRemote.helper) && RealServers.haveWorkers }

  init(hasWorkers: Bool = true) throws {
    directory = try TemporaryDirectory()
    server = try RealServers.startCasd(in: directory, hasWorkers: hasWorkers)
  }

  var address: String { "grpc://127.0.0.1:\(server.port)" }

  /// The tool, which gives everything to this server's workers.
  func command(_ box: Sandbox, _ arguments: [Argument]) -> Command {
    var command = box.tool(["--remote-execute", "--remote-local-lanes", "0"] + arguments)
    command.environment["WASMPRECOMPILE_REMOTE"] = address
    command.environment["WASMPRECOMPILE_REMOTE_HELPER"] = RealRemote.helper
    return command
  }
}
