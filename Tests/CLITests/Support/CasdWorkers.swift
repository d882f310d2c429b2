import Glibc
import LinuxIO
import SystemPackage
import TestSupport

/// buildbox-casd, with workers or without, which ends with its owner.
final class CasdWorkers: Sendable {
  let address: String
  private let process: ChildProcess

  private static let place = "\(EngineUnderTest.packageRoot)/.build/tools/buildstream/buildstream/subprojects/buildbox/"
  /// What the package in `Sources/Remote` has built.
  private static let helper = "\(EngineUnderTest.packageRoot)/.build/remote/debug/wasmprecompile-remote"

  static let need =
    "wasmprecompile-remote, buildbox-casd and bubblewrap: `make setup-tests` and `swift build` of Sources/Remote"

  /// buildbox-run would say "exits 1" of each program where there can be no namespaces.
  static var areThere: Bool {
    [helper, "\(place)buildbox-casd", "\(place)buildbox-run"].allSatisfy { (file: String) in access(file, X_OK) == 0 }
      && (try? Tool.shell("bwrap --ro-bind / / true")) != nil
  }

  private struct NeverListened: Error {}

  static func start(in box: Sandbox, hasWorkers: Bool = true) throws -> CasdWorkers {
    // The kernel says which port is free; nobody else takes it so soon.
    let free = "import socket; s = socket.socket(); s.bind(('127.0.0.1', 0)); print(s.getsockname()[1])"
    let port = try Tool.shell("python3 -c \"$1\"", [free]).filter(\.isNumber)
    let workers = ["--buildbox-run=\(place)buildbox-run", "--runner-arg=--staging-mode=copy-or-link", "--jobs=2"]
    let arguments = ["--bind=127.0.0.1:\(port)"] + (hasWorkers ? workers : []) + ["\(box.path)/cas"]
    let nothing = try Descriptor.open("/dev/null", O_RDWR)
    let process = try ChildProcess(
      executable: place + "buildbox-casd", arguments: ["buildbox-casd"] + arguments,
      environment: ["PATH=/usr/bin:/bin", "LC_ALL=C"], descriptors: [nothing.raw, nothing.raw, nothing.raw],
      leadsSession: true)
    // Nothing tells when it listens but that it does.
    while (try? Tool.shell(
      "python3 -c 'import socket; socket.create_connection((\"127.0.0.1\", \(port)))' 2> /dev/null")) == nil
    {
      if process.hasEnded { throw NeverListened() }
    }
    return CasdWorkers("grpc://127.0.0.1:\(port)", process)
  }

  private init(_ address: String, _ process: ChildProcess) {
    self.address = address
    self.process = process
  }

  deinit { process.kill() }

  /// The tool, which gives everything to this server's workers.
  func command(_ box: Sandbox, _ arguments: [Argument]) -> Command {
    var command = box.tool(["--remote-execute", "--remote-local-lanes", "0"] + arguments)
    command.environment["WASMPRECOMPILE_REMOTE"] = address
    command.environment["WASMPRECOMPILE_REMOTE_HELPER"] = Self.helper
    return command
  }
}
