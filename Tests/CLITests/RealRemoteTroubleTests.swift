import Foundation
import Glibc
import LinuxIO
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// Real servers, and bad lines to them: a run says once what is wrong, and compiles what is missing.
@Suite(.needs(RealRemote.isThere, RealRemote.need)) struct RealRemoteTroubleTests {
  static let schemes = ["grpc", "http"]

  private func startServer(_ scheme: String, _ remote: inout RealRemote) throws -> RealServer {
    let server =
      scheme == "grpc"
      ? try RealServers.startCasd(in: remote.directory) : try RealServers.startNginx(in: remote.directory)
    remote.keep(server)
    remote.environment["WASMPRECOMPILE_REMOTE"] = "\(scheme)://127.0.0.1:\(server.port)"
    return server
  }

  /// What a run says above a line that is as bad as told.
  private func run(
    _ remote: RealRemote, _ machine: String, _ scheme: String, _ server: RealServer,
    _ decide: @escaping @Sendable (Relay.Direction, _ total: Int) -> Relay.Step
  ) throws -> [String] {
    let relay = try Relay(to: server.port, decide)
    let address = "\(scheme)://127.0.0.1:\(relay.port)"
    var remote = remote
    remote.environment["WASMPRECOMPILE_REMOTE"] = address
    let lines = try remote.run(machine, "-q", "--remote-timeout", "0.5", ".", masking: address)
    relay.end()
    #expect(
      try remote.run(machine, "--check", ".") == ["3 modules: 0 to compile, 3 up to date (TIME)"])
    return lines
  }

  private func warning(_ text: String) -> String { "wasmprecompile: warning: remote SERVER: \(text)".masked }

  /// The one line of a run whose server went in the midst of a call. How a connection ends depends on who notices first.
  private func expectLoss(_ lines: [String], _ scheme: String, location: SourceLocation = #_sourceLocation) throws {
    let line = try #require(lines.first, sourceLocation: location)
    #expect(lines.count == 1 && line.hasPrefix(warning("")), "\(lines)", sourceLocation: location)
    let reason = line.dropFirst(warning("").count)
    let isTold =
      scheme == "grpc" && reason.contains(#/^[A-Za-z ]+: unavailable: /#)
      || ["the server has closed the connection", "connection re"].contains { reason.hasPrefix($0) }
    #expect(isTold, "\(lines)", sourceLocation: location)
  }

  // MARK: Servers that die

  @Test(arguments: schemes) func aServerThatIsKilledDuringADownload(_ scheme: String) throws {
    try RealRemote.use { box, remote in
      let server = try startServer(scheme, &remote)
      _ = try remote.run("here", ".")
      let lines = try run(remote, "there", scheme, server) { direction, total in
        if direction == .toServer || total < 5_000 { return .pass }
        server.kill()
        return .cut
      }
      try expectLoss(lines, scheme)
    }
  }

  @Test(arguments: schemes) func aServerThatIsKilledDuringAnUpload(_ scheme: String) throws {
    try RealRemote.use { box, remote in
      let server = try startServer(scheme, &remote)
      let lines = try run(remote, "here", scheme, server) { direction, total in
        if direction == .toClient || total < 20_000 { return .pass }
        server.kill()
        return .cut
      }
      try expectLoss(lines, scheme)
    }
  }

  // MARK: Servers that say nothing, or too little

  @Test(arguments: schemes) func aServerThatFallsSilent(_ scheme: String) throws {
    try RealRemote.use { box, remote in
      let server = try startServer(scheme, &remote)
      _ = try remote.run("here", ".")
      let lines = try run(remote, "there", scheme, server) { direction, total in
        direction == .toServer || total < 2_000 ? .pass : .hold
      }
      #expect(lines == [warning("the server did not answer within 0.5 s; what is missing is compiled here")])
    }
  }

  /// For as long as users wait for a server by default, in the midst of a download and of an upload, at the same time.
  @Test func aLineThatIsSilentForFiveSeconds() throws {
    try RealRemote.use { box, remote in
      let server = try startServer("grpc", &remote)
      _ = try remote.run("here", "one.wasm", "two.wasm")
      try box.write(WasmBinary.manyFunctions(200), to: "upload/seven.wasm")
      try box.write(WasmBinary.manyFunctions(201), to: "upload/eight.wasm")
      let given = warning("the server did not answer within 5 s; what is missing is compiled here")
      let cases: [(machine: String, [Argument], SilentLine, said: [String])] = [
        // It goes on, and whoever has the patience gets everything.
        (
          "patient", ["--remote-timeout", "30", "one.wasm", "two.wasm"],
          SilentLine(after: 2_000, .toClient, seconds: 5),
          ["2 modules: 0 compiled, 2 fetched from SERVER, 0 up to date (TIME)"]
        ),
        (
          "uploader", ["--remote-timeout", "30", "upload/seven.wasm"],
          SilentLine(after: 20_000, .toServer, seconds: 5),
          ["1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)"]
        ),
        // It never does.
        ("alone", ["-q", "one.wasm", "two.wasm"], SilentLine(after: 2_000, .toClient, seconds: nil), [given.masked]),
        ("stuck", ["-q", "upload/eight.wasm"], SilentLine(after: 20_000, .toServer, seconds: nil), [given.masked]),
      ]
      let running = try cases.map { machine, arguments, line, _ in
        let relay = try Relay(to: server.port) { line.step($0, $1) }
        let address = "grpc://127.0.0.1:\(relay.port)"
        var remote = remote
        remote.environment["WASMPRECOMPILE_REMOTE"] = address
        return (relay, address, try remote.command(machine, arguments).start())
      }
      for ((machine, arguments, line, said), (relay, address, run)) in zip(cases, running) {
        let result = run.wait()
        relay.end()
        #expect(result.ending == .exited(0) && line.wasSilent, "\(machine)")
        let lines = result.errors.replacing(address, with: "SERVER").masked.lines
        #expect(lines.filter { !$0.hasPrefix("compiled ") } == said, "\(machine)")
        #expect(
          try remote.command(machine, ["--check"] + arguments.filter { $0.text.hasSuffix(".wasm") }).run().ending
            == .exited(0))
      }
      // What was on its way when the line fell silent is whole.
      #expect(
        try remote.run("third", "upload/seven.wasm", masking: remote.environment["WASMPRECOMPILE_REMOTE"] ?? "")
          == ["1 module: 0 compiled, 1 fetched from SERVER, 0 up to date (TIME)"])
    }
  }

  @Test(arguments: schemes) func aServerThatTrickles(_ scheme: String) throws {
    try RealRemote.use { box, remote in
      let server = try startServer(scheme, &remote)
      _ = try remote.run("here", ".")
      let lines = try run(remote, "there", scheme, server) { direction, _ in direction == .toServer ? .pass : .trickle }
      // By HTTP, a piece of the artifact has more time.
      let limit = scheme == "grpc" ? "0.5" : "1.5"
      #expect(
        lines == [
          warning(
            "the server sends too slowly: what was asked for is not there after \(limit) s; what is missing is compiled here"
          )
        ])
    }
  }

  // MARK: Servers that have something else, or no room

  @Test func aServerWithOtherBytes() throws {
    try RealRemote.use { box, remote in
      _ = try startServer("http", &remote)
      _ = try remote.run("here", "one.wasm")
      let blob = try artifact(remote)
      var bytes = try Array(contentsOf: blob)
      let digest = blob.lastComponent?.string ?? ""
      bytes[100] ^= 1
      try bytes.write(to: blob)
      let lines = try remote.run(
        "there", "--remote-upload", "off", "one.wasm", masking: remote.environment["WASMPRECOMPILE_REMOTE"] ?? "")
      let prefix = "wasmprecompile: warning: remote SERVER: the server sent bytes with the SHA-256 "
      #expect(
        lines.contains { $0.hasPrefix(prefix) && $0.hasSuffix(" instead of \(digest): one.wasm is compiled instead") },
        "\(lines)")
      #expect(lines.last?.contains("1 compiled, 0 up to date, 1 error of SERVER (") == true, "\(lines)")
      try remote.expectSame(["here", "there"], "one.wasm")
    }
  }

  @Test func aServerThatHasLostABlob() throws {
    try RealRemote.use { box, remote in
      _ = try startServer("http", &remote)
      _ = try remote.run("here", "one.wasm")
      let blob = try artifact(remote)
      #expect(unlink(blob.string) == 0)
      // It is as if it had never been there, and is stored again.
      #expect(
        try remote.run("there", "one.wasm").last == "1 module: 1 compiled, 0 up to date (SIZE → SIZE in TIME)")
      #expect(RealServers.isThere(blob.string, R_OK))
      #expect(
        try remote.run("third", "one.wasm", masking: remote.environment["WASMPRECOMPILE_REMOTE"] ?? "")
          == ["1 module: 0 compiled, 1 fetched from SERVER, 0 up to date (TIME)"])
    }
  }

  /// The file of the only artifact that nginx has.
  private func artifact(_ remote: RealRemote) throws -> FilePath {
    let place = remote.directory("files/cas")
    let names = try FileManager.default.contentsOfDirectory(atPath: place.string)
    let sizes = try names.map { ($0, try Array(contentsOf: place.appending($0)).count) }
    return place.appending(try #require(sizes.max { $0.1 < $1.1 }).0)
  }

  @Test func aServerThatIsFull() throws {
    try RealRemote.use { box, remote in
      let nginx = try RealServers.startNginx(in: remote.directory, "if ($request_method = PUT) { return 507; }")
      remote.keep(nginx)
      let address = "http://127.0.0.1:\(nginx.port)"
      remote.environment["WASMPRECOMPILE_REMOTE"] = address
      let lines = try remote.run("here", "-q", "one.wasm", masking: address)
      #expect(
        lines.first?.hasPrefix(
          "wasmprecompile: warning: remote SERVER: 1 artifact is not stored there: PUT /cas/") == true, "\(lines)")
      #expect(
        lines.first?.hasSuffix(": the server says 507 (Insufficient Storage)") == true && lines.count == 1, "\(lines)")
    }
  }

  // MARK: Servers that do not know us, or that we do not know

  @Test(arguments: ["grpcs", "https"]) func whoDoesNotKnowTheOther(_ scheme: String) throws {
    try RealRemote.use { box, remote in
      let isGRPC = scheme == "grpcs"
      let authority = try TestAuthority(in: remote.directory, name: "authority")
      let casd = isGRPC ? try RealServers.startCasd(in: remote.directory) : nil
      let nginx = try RealServers.startNginx(
        in: remote.directory, listen: isGRPC ? "ssl http2" : "ssl", before: casd,
        """
        ssl_certificate \(authority.certificate); ssl_certificate_key \(authority.key);
        if ($is_known = 0) { return 401; }
        """)
      remote.keep(nginx)
      let address = "\(scheme)://127.0.0.1:\(nginx.port)"
      remote.environment["WASMPRECOMPILE_REMOTE"] = address
      let end = "; what is missing is compiled here"
      #expect(
        try remote.run("here", "-q", ".", masking: address) == [
          warning(
            "the server's certificate is not for 127.0.0.1, has expired, or is of an authority that is not trusted: "
              + "name the authority's file with --remote-ca" + end)
        ])
      remote.environment["WASMPRECOMPILE_REMOTE_CA"] = authority.certificate.string
      let request =
        isGRPC
        ? "GetCapabilities: unauthenticated: Unexpected non-200 HTTP Status Code (401 Unauthorized)"
        : "HEAD /cas/e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855: the server says 401 (Unauthorized)"
      let without = try remote.run("here", "-q", "--force", ".", masking: address)
      #expect(without == [warning("\(request): give a token with --remote-token-file" + end)])
      let token = try remote.directory.write("another-token\n", to: "token")
      remote.environment["WASMPRECOMPILE_REMOTE_TOKEN_FILE"] = token.string
      let wrong = try remote.run("here", "-q", "--force", ".", masking: address)
      #expect(wrong == [warning("\(request): it does not accept the token" + (isGRPC ? " in \(token)" : "") + end)])
    }
  }

  @Test(arguments: ["grpcs", "https"]) func aCertificateThatHasExpired(_ scheme: String) throws {
    try RealRemote.use { box, remote in
      let authority = try TestAuthority(in: remote.directory, name: "authority", isExpired: true)
      let nginx = try RealServers.startNginx(
        in: remote.directory, listen: scheme == "grpcs" ? "ssl http2" : "ssl",
        "ssl_certificate \(authority.certificate); ssl_certificate_key \(authority.key);")
      remote.keep(nginx)
      let address = "\(scheme)://127.0.0.1:\(nginx.port)"
      remote.environment["WASMPRECOMPILE_REMOTE"] = address
      remote.environment["WASMPRECOMPILE_REMOTE_CA"] = authority.certificate.string
      let status = try remote.command("here", "remote", "status").run()
      #expect(status.ending == .exited(69))
      #expect(
        status.errors
          == "wasmprecompile: error: remote \(address): the server's certificate is not for 127.0.0.1, has "
          + "expired, or is of an authority that is not trusted: name the authority's file with --remote-ca\n")
    }
  }
}

/// A line on which, once so many bytes have come one way, nothing moves any more for some seconds, either way.
private final class SilentLine: Sendable {
  private let size: Int
  private let direction: Relay.Direction
  private let seconds: Double?
  private let end = Mutex<MonotonicInstant?>(nil)

  /// - Parameter seconds: nil for ever.
  init(after size: Int, _ direction: Relay.Direction, seconds: Double?) {
    self.size = size
    self.direction = direction
    self.seconds = seconds
  }

  var wasSilent: Bool { end.withLock { $0 != nil } }

  /// The line is what takes the time here, on threads of the relay's.
  func step(_ direction: Relay.Direction, _ total: Int) -> Relay.Step {
    let end = end.withLock { end in
      if end == nil, direction == self.direction, total >= size { end = .now().adding(seconds: seconds ?? 0) }
      return end
    }
    guard let end else { return .pass }
    if seconds == nil { return .hold }
    if .now() < end { MonotonicSemaphore().wait(until: end) }
    return .pass
  }
}
