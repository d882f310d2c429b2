import Foundation
import SystemPackage
import TestSupport
import Testing

/// Machines that share a server which others wrote.
@Suite(.needs(RealRemote.isThere, RealRemote.need)) struct RealRemoteTests {
  /// The first compiles everything, for hosts with settings, too; the second nothing.
  ///
  /// - Parameter functions: of the largest module; of 40,000, the artifact is larger than a message may be.
  private func share(_ remote: RealRemote, _ address: String, functions: Int = 100) throws {
    let box = remote.box
    try box.write(WasmBinary.manyFunctions(functions), to: "large.wasm")
    try box.write(
      """
      [host.edge]
      wasm = ["epoch-interruption"]
      [host.runner]
      wasm = ["fuel=1"]
      """, to: "../home/.config/wasmprecompile/config.toml")
    let hosts: [Argument] = ["--host", "edge", "--host", "runner"]
    let first = try remote.command("here", hosts + ["."]).run()
    #expect(
      first.errors.masked.lines.last == "4 modules with 2 targets: 8 compiled, 0 up to date (SIZE → SIZE in TIME)")
    let second = try remote.command("there", hosts + ["."]).run()
    #expect(
      second.errors.replacing(address, with: "SERVER").masked
        == "4 modules with 2 targets: 0 compiled, 8 fetched from SERVER, 0 up to date (TIME)\n")
    for name in RealRemote.names + ["large"] {
      for host in ["edge", "runner"] {
        try remote.expectSame(["here", "there"], "\(name).wasm", "--host", Argument(host))
      }
    }
    let verified = try remote.command("there", "cache", "verify").run()
    #expect(verified.output.hasSuffix(": all good\n"), "\(verified.errors)")
    #expect(
      try remote.run("there", "--host", "edge", "--host", "runner", ".")
        == ["4 modules with 2 targets: nothing to compile, all up to date (TIME)"])
  }

  @Test func twoMachinesShareAServer() throws {
    try RealRemote.use { box, remote in
      let casd = try RealServers.startCasd(in: remote.directory)
      remote.keep(casd)
      let address = "grpc://127.0.0.1:\(casd.port)"
      remote.environment["WASMPRECOMPILE_REMOTE"] = address
      try share(remote, address, functions: 40_000)
    }
  }

  @Test func twoMachinesShareAPlainServer() throws {
    try RealRemote.use { box, remote in
      let nginx = try RealServers.startNginx(in: remote.directory)
      remote.keep(nginx)
      let address = "http://127.0.0.1:\(nginx.port)/wasm"
      remote.environment["WASMPRECOMPILE_REMOTE"] = address
      try share(remote, address)
    }
  }

  /// By TLS, with an authority of one's own, a client's certificate and a token.
  @Test(arguments: ["grpcs", "https"]) func twoMachinesShareAServerThatKnowsThem(_ scheme: String) throws {
    try RealRemote.use { box, remote in
      let (server, client) = try authorities(remote)
      let address = try startGuarded(&remote, scheme, server, client)
      remote.environment["WASMPRECOMPILE_REMOTE_CA"] = server.certificate.string
      remote.environment["WASMPRECOMPILE_REMOTE_CERTIFICATE"] = client.certificate.string
      remote.environment["WASMPRECOMPILE_REMOTE_KEY"] = client.key.string
      remote.environment["WASMPRECOMPILE_REMOTE_TOKEN_FILE"] =
        try remote.directory.write("first-token\n", to: "token").string
      try share(remote, address)
      let status = try remote.command("here", "remote", "status").run()
      #expect(status.ending == .exited(0))
      let lines = status.output.replacing(address, with: "SERVER").masked.lines
      #expect(lines.contains("TLS                  yes, with the authorities in \(server.certificate)"))
      #expect(lines.contains("token                from \(remote.directory("token"))"))
      #expect(lines.contains("client certificate   \(client.certificate)"))
    }
  }

  private func authorities(_ remote: RealRemote) throws -> (TestAuthority, TestAuthority) {
    (
      try TestAuthority(in: remote.directory, name: "authority"),
      try TestAuthority(in: remote.directory, name: "client")
    )
  }

  /// nginx, which wants a client's certificate and a token; before casd where the address is one of gRPC.
  private func startGuarded(
    _ remote: inout RealRemote, _ scheme: String, _ server: TestAuthority, _ client: TestAuthority
  ) throws -> String {
    let isGRPC = scheme == "grpcs"
    let casd = isGRPC ? try RealServers.startCasd(in: remote.directory) : nil
    let nginx = try RealServers.startNginx(
      in: remote.directory, listen: isGRPC ? "ssl http2" : "ssl", before: casd,
      """
      ssl_certificate \(server.certificate); ssl_certificate_key \(server.key);
      ssl_client_certificate \(client.certificate); ssl_verify_client on;
      if ($is_known = 0) { return 401; }
      """)
    remote.keep(nginx)
    let address = "\(scheme)://127.0.0.1:\(nginx.port)"
    remote.environment["WASMPRECOMPILE_REMOTE"] = address
    return address
  }

  // MARK: Machines with addresses of their own

  static let canSeparate: Bool =
    (try? Command(
      program: "unshare", arguments: ["--net", "--mount", "ip", "link", "show", "lo"],
      environment: ["PATH": "/usr/sbin:/usr/bin:/sbin:/bin"], directory: "/"
    ).run().ending) == .exited(0)

  /// Three network name spaces: a server, and two machines on lines of their own. They end with the shell.
  private static let machines = """
    mount -t tmpfs none /run && mkdir /run/netns && ip link set lo up
    for machine in 1 2; do
      ip netns add $machine
      ip link add line$machine type veth peer name line netns $machine
      ip address add 10.9.$machine.1/24 dev line$machine && ip link set line$machine up
      ip -n $machine address add 10.9.$machine.2/24 dev line && ip -n $machine link set line up
    done
    "$1" --bind=0.0.0.0:8980 "$2" > /dev/null 2>&1 &
    until (: < /dev/tcp/127.0.0.1/8980) 2> /dev/null; do sleep 0.01; done
    for machine in 1 2; do
      ip netns exec $machine "$3" --cache-dir "$4/machine$machine" --remote grpc://10.9.$machine.1:8980 .
    done
    kill %1
    """

  @Test(.needs(canSeparate, "root and iproute2")) func twoMachinesHaveAddressesOfTheirOwn() throws {
    try RealRemote.use { box, remote in
      let place = try remote.directory.makeDirectory("cas")
      var command = box.command(
        "unshare",
        [
          "--net", "--mount", "bash", "-euc", Argument(Self.machines), "bash", .init(RealServers.casd),
          .init(place.string), .init(box.executable), .init(box.path),
        ])
      command.environment["WASMPRECOMPILE_REMOTE_HELPER"] = RealRemote.helper
      command.environment["PATH"] = "/usr/sbin:/usr/bin:/sbin:/bin"
      let run = try command.run()
      #expect(run.ending == .exited(0))
      #expect(
        run.errors.masked.lines.filter { $0.contains("modules: ") } == [
          "3 modules: 3 compiled, 0 up to date (SIZE → SIZE in TIME)",
          "3 modules: 0 compiled, 3 fetched from grpc://10.9.2.1:8980, 0 up to date (TIME)",
        ])
      for name in RealRemote.names { try remote.expectSame(["machine1", "machine2"], "\(name).wasm") }
    }
  }
}
