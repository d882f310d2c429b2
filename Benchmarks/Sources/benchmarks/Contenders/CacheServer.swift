internal import Glibc
internal import SystemPackage

/// buildbox-casd, which speaks the Remote Execution API, with an empty store of its own.
final class CacheServer {
  let port: Int
  private let program: RunningProgram

  init(at site: Site) throws {
    guard let casd = try? Files.resolved("../.build/tools/buildstream/buildstream/subprojects/buildbox/buildbox-casd")
    else { throw Unavailable("no buildbox-casd in ../.build/tools (`make -C .. setup-tests` brings it)") }
    try CacheServer.findHelper(at: site)
    let store = "\(site.scratch)/caches/casd"
    try site.setAside(store)
    try Files.makeDirectory(store)
    port = try Sockets.freePort()
    program = try RunningProgram(
      [casd, "--bind=127.0.0.1:\(port)", "--log-level=error", store], environment: site.launcher.environment)
    try program.waitUntilListening(at: port)
  }

  /// The program that speaks to servers for the tool, which is built apart.
  private static func findHelper(at site: Site) throws {
    let directory = FilePath(site.tool).removingLastComponent().removingLastComponent()
    let helper = directory.appending("libexec/wasmprecompile/wasmprecompile-remote").string
    guard Files.exists(helper) else {
      throw Unavailable("no \(helper) (`make -C .. remote` builds it, and `install` puts it there)")
    }
  }

  var address: String { "grpc://127.0.0.1:\(port)" }

  /// The processor time that it has had so far.
  var processorSeconds: Double { program.processorSeconds }
}

extension RunningProgram {
  /// Nothing tells when a foreign server listens but that it does.
  func waitUntilListening(at port: Int) throws {
    while true {
      if let socket = try Sockets.connect(to: port) {
        close(socket)
        return
      }
      if hasEnded { throw Failure("a server does not listen, but has ended") }
      // No server says when it begins to listen.
      usleep(2_000)
    }
  }
}

/// What lies between the tool and a server: a line with a round trip, which counts.
final class LongLine {
  let port: Int
  private let program: RunningProgram

  /// What went over one connection.
  struct Traffic {
    let calls: Int
    let bytesToServer: Int
    let bytesToClient: Int
  }

  init(to server: Int, roundTripMilliseconds: Int, at site: Site) throws {
    program = try RunningProgram(
      [site.itself, RelayCommand.name, "--to", "\(server)", "--round-trip", "\(roundTripMilliseconds)"],
      environment: site.launcher.environment)
    guard let port = Int(try program.line(after: "relay at ")) else { throw Failure("the relay named no port") }
    self.port = port
  }

  var address: String { "grpc://127.0.0.1:\(port)" }

  /// Waits for the end of a connection.
  func traffic() throws -> Traffic {
    let numbers = try program.line(after: "relayed ").split(separator: " ").compactMap { Int($0) }
    guard numbers.count == 3 else { throw Failure("the relay told no three numbers") }
    return Traffic(calls: numbers[0], bytesToServer: numbers[1], bytesToClient: numbers[2])
  }
}
