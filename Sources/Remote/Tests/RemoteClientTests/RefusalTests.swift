import GRPCCore
import Glibc
import LinuxIO
import RemoteProtocol
import SystemPackage
import TestSupport
import Testing

@testable import RemoteClient

/// Servers, files and tools that cannot be used are refused at once, with the reason and the fix.
@Suite struct RefusalTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func refusal(_ settings: RemoteSettings) async throws -> RemoteTrouble {
    try await offPool {
      let helper = try HelperProcess.opening(settings)
      guard case .refused(let trouble) = try helper.receive().0, try helper.isClosed() else {
        throw HelperProcess.NoReply()
      }
      #expect(helper.process.wait() == .exited(status: 0))
      return trouble
    }
  }

  @Test func whoeverStartsItByHandIsToldWhy() throws {
    let said = try Tool.shell(
      "\"$1\" 3<&- 2>&1; echo $?", [try HelperProcess.executable.string])
    #expect(
      said
        == "wasmprecompile-remote: error: it is not started by hand: wasmprecompile starts it where --remote is given\n2\n"
    )
  }

  @Test func aToolOfAnotherReleaseIsToldSo() async throws {
    try await offPool {
      let helper = try HelperProcess()
      try helper.send(.open(version: 77, RemoteSettings(address: "")))
      #expect(
        try helper.receive().0
          == .refused(
            RemoteTrouble(
              .unsuitable,
              "wasmprecompile-remote speaks version \(RemoteProtocol.version), and wasmprecompile version 77, of what they "
                + "tell each other: install both of the same release")))
    }
  }

  @Test(arguments: ["grpc", "http"]) func nobodyListens(_ scheme: String) async throws {
    // A port that somebody has, but does not listen on, so that nobody else takes it meanwhile.
    let held = Descriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    let port = try LocalPort.bind(held)
    let address = "\(scheme)://127.0.0.1:\(port)"
    #expect(
      try await refusal(testSettings(address))
        == RemoteTrouble(.unreachable, "connection refused"))
  }

  @Test func nobodySpeaks() async throws {
    let held = Descriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    let port = try LocalPort.bind(held)
    listen(held.raw, 8)
    var settings = testSettings("grpc://127.0.0.1:\(port)")
    settings.patience = 1_000
    let trouble = try await refusal(settings)
    #expect(trouble == RemoteTrouble(.silent, "the server did not answer within 1 s"))
    settings.address = "http://127.0.0.1:\(port)"
    #expect(try await refusal(settings) == RemoteTrouble(.silent, "the server did not answer within 1 s"))
  }

  @Test func aNameThatNobodyHas() async throws {
    let trouble = try await refusal(testSettings("grpc://nowhere.invalid:1"))
    #expect(trouble == RemoteTrouble(.unreachable, "the name nowhere.invalid has no address"))
  }

  @Test func aServerWithoutSHA256() async throws {
    var capabilities = FakeServer.usual
    capabilities.cacheCapabilities.digestFunctions = [9, 2]
    let server = FakeServer(capabilities)
    #expect(
      try await refusal(testSettings(server.start()))
        == RemoteTrouble(.unsuitable, "the server does not know SHA-256, only BLAKE3, SHA1"))
  }

  @Test func aServerOfAnotherVersion() async throws {
    var capabilities = FakeServer.usual
    capabilities.lowApiVersion.major = 3
    capabilities.highApiVersion.major = 3
    let server = FakeServer(capabilities)
    #expect(
      try await refusal(testSettings(server.start()))
        == RemoteTrouble(.unsuitable, "the server speaks version 3.0 to 3.3, not version 2"))
  }

  @Test func aServerWithoutACache() async throws {
    let server = FakeServer(.init())
    #expect(
      try await refusal(testSettings(server.start()))
        == RemoteTrouble(.unsuitable, "the server has no cache: it may be one that only executes"))
  }

  @Test func filesThatDoNotFit() async throws {
    let text = try directory.write("no certificate\n", to: "text").string
    let empty = try directory.write("\n", to: "empty").string
    let control = try directory.write("to\u{7}ken\n", to: "control").string
    func settings(_ change: (inout RemoteSettings) -> Void) -> RemoteSettings {
      var settings = testSettings("grpcs://127.0.0.1:1")
      change(&settings)
      return settings
    }
    let cases: [(RemoteSettings, String)] = [
      (settings { $0.address = "cache:1" }, "the address does not begin with a known scheme"),
      (
        settings { $0.authorities = "/nowhere" },
        "/nowhere: no such file or directory: give another file with --remote-ca"
      ),
      (
        settings { $0.authorities = text },
        "\(text): it has no certificate in PEM form: give another file with --remote-ca"
      ),
      (settings { $0.certificate = "/" }, "/: it is a directory: give another file with --remote-certificate"),
      (settings { $0.token = empty }, "\(empty): its first line is empty, where the token should be"),
      (settings { $0.token = control }, "\(control): its first line has characters of no token"),
    ]
    for (settings, reason) in cases {
      let trouble = try await refusal(settings)
      #expect(trouble.kind == .misconfigured && trouble.reason.contains(reason))
    }
  }

  @Test func keysAndCertificatesThatDoNotFit() async throws {
    let first = try TestAuthority(in: directory, name: "first")
    let second = try TestAuthority(in: directory, name: "second")
    var settings = testSettings("grpcs://127.0.0.1:1")
    settings.certificate = first.certificate.string
    #expect(
      try await refusal(settings)
        == RemoteTrouble(
          .misconfigured,
          "a client's certificate needs its key, and a key its certificate: give both --remote-certificate and --remote-key"
        ))
    settings.certificateKey = first.certificate.string
    #expect(
      try await refusal(settings).reason
        == "\(first.certificate): it has no private key in PEM form without a passphrase: give another file with --remote-key"
    )
    settings.certificateKey = second.key.string
    #expect(
      try await refusal(settings).reason
        == "\(second.key): it is not the key of \(first.certificate): give another file with --remote-key")
  }
}
