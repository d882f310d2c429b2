import LinuxIO
import RemoteProtocol
import SystemPackage
import TestSupport
import Testing

@testable import RemoteClient

/// The helper against nginx: as a plain cache, and before buildbox-casd.
@Suite(
  .needs(
    RealServers.isThere(RealServers.casd) && RealServers.isThere(RealServers.nginx),
    "nginx and buildbox-casd: make setup-tests"))
struct NginxTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func startPlain(
    listen: String = "", beforeCasd isGRPC: Bool = false, _ server: String = ""
  ) async throws -> RealServer {
    try await offPool { [directory] in
      let casd = isGRPC ? try RealServers.startCasd(in: directory) : nil
      return try RealServers.startNginx(in: directory, listen: listen, before: casd, server)
    }
  }

  @Test(arguments: [0, 1, 10_000, 20_000_000])
  func aPlainServerKeepsArtifacts(_ size: Int) async throws {
    let server = try await startPlain()
    let settings = testSettings("http://127.0.0.1:\(server.port)/some/where")
    let first = try await HelperProcess.opened(settings)
    let bytes = sampleBytes(size)
    let signature = Array("a signature".utf8)
    #expect(try await first.fetch("key").0 == .missing(number: 2))
    #expect(try await first.store("key", bytes, signature: signature) == .stored(number: 1, sent: size))
    let second = try await HelperProcess.opened(settings)
    let (reply, contents) = try await second.fetch("key")
    #expect(reply == .found(number: 2, .of(bytes, signature: signature)) && areSame(contents, bytes))
    #expect(try await second.store("key", bytes, signature: signature) == .stored(number: 1, sent: 0))
    let key = try LookUpKey(RemoteKey(text: "key"), salt: "").digest.hash
    let file = try Descriptor.open(directory("files/some/where/ac/\(key)"), 0)
    #expect(try ArtifactDescription(serialized: file.contents()).artifact == BlobDigest(of: bytes))
  }

  @Test func wrongBytesOfAPlainServerAreRefused() async throws {
    let server = try await startPlain()
    let helper = try await HelperProcess.opened(testSettings("http://127.0.0.1:\(server.port)"))
    let bytes = sampleBytes(10_000)
    _ = try await helper.store("key", bytes)
    let hash = BlobDigest(of: bytes).hash
    let other = sampleBytes(10_000, seed: 2)
    try directory.write(other, to: "files/cas/\(hash)")
    #expect(
      try await helper.fetch("key").0
        == .failed(
          number: 2,
          RemoteTrouble(
            .wrongBytes, "the server sent bytes with the SHA-256 \(BlobDigest(of: other).hash) instead of \(hash)")))
    try directory.write([UInt8](repeating: 0, count: 20_000), to: "files/cas/\(hash)")
    #expect(
      try await helper.fetch("key").0
        == .failed(
          number: 2, RemoteTrouble(.wrongBytes, "the server sent more than the 10000 bytes that it has announced")))
  }

  @Test func aPlainServerThatIsOnlyReadSaysSo() async throws {
    let server = try await startPlain("location /ro { limit_except GET { deny all; } }")
    let helper = try await HelperProcess.opened(testSettings("http://127.0.0.1:\(server.port)/ro"))
    let bytes = sampleBytes(10)
    let path = "/ro/cas/\(BlobDigest(of: bytes).hash)"
    #expect(
      try await helper.store("key", bytes)
        == .failed(number: 1, RemoteTrouble(.denied, "PUT \(path): the server says 403 (Forbidden)")))
    #expect(try await helper.fetch("key").0 == .missing(number: 2))
  }

  /// nginx closes each connection after some requests, 1,000 as a rule.
  @Test(arguments: ["http", "grpc"]) func connectionsThatAreClosedDoNotMatter(_ scheme: String) async throws {
    let isGRPC = scheme == "grpc"
    let server = try await startPlain(listen: isGRPC ? "http2" : "", beforeCasd: isGRPC, "keepalive_requests 200;")
    let helper = try await HelperProcess.opened(testSettings("\(scheme)://127.0.0.1:\(server.port)"))
    let asking = Task {
      try await offPool {
        for number in 0..<UInt32(1000) {
          try helper.send(.fetch(number: number, RemoteKey(text: "\(number)"), largest: 1))
        }
      }
    }
    for _ in 0..<1000 {
      let reply = try await offPool { try helper.receive().0 }
      guard case .missing = reply else {
        Issue.record("\(reply)")
        return
      }
    }
    try await asking.value
  }

  // MARK: TLS

  private func startTLS(_ authority: TestAuthority, isGRPC: Bool, _ more: String = "") async throws -> RealServer {
    try await startPlain(
      listen: isGRPC ? "ssl http2" : "ssl", beforeCasd: isGRPC,
      "ssl_certificate \(authority.certificate); ssl_certificate_key \(authority.key); \(more)")
  }

  private func settings(_ server: RealServer, isGRPC: Bool, _ authority: TestAuthority) -> RemoteSettings {
    var settings = testSettings("\(isGRPC ? "grpcs" : "https")://127.0.0.1:\(server.port)")
    settings.authorities = authority.certificate.string
    return settings
  }

  private func refusal(_ settings: RemoteSettings) async throws -> RemoteTrouble {
    try await offPool {
      guard case .refused(let trouble) = try HelperProcess.opening(settings).receive().0 else {
        throw HelperProcess.NoReply()
      }
      return trouble
    }
  }

  @Test(arguments: [true, false]) func artifactsTravelEncrypted(_ isGRPC: Bool) async throws {
    let authority = try TestAuthority(in: directory, name: "authority")
    let server = try await startTLS(authority, isGRPC: isGRPC)
    let helper = try await HelperProcess.opened(settings(server, isGRPC: isGRPC, authority))
    let bytes = sampleBytes(6_000_000)
    #expect(try await helper.store("key", bytes) == .stored(number: 1, sent: bytes.count))
    #expect(try await helper.fetch("key").1.map { areSame($0, bytes) } == true)
  }

  @Test(arguments: [true, false]) func aServerThatIsNotTrustedIsRefused(_ isGRPC: Bool) async throws {
    let authority = try TestAuthority(in: directory, name: "authority")
    let server = try await startTLS(authority, isGRPC: isGRPC)
    var settings = settings(server, isGRPC: isGRPC, authority)
    let refused = RemoteTrouble(
      .misconfigured,
      "the server's certificate is not for 127.0.0.1, has expired, or is of an authority that is not"
        + " trusted: name the authority's file with --remote-ca")
    settings.authorities = try TestAuthority(in: directory, name: "other").certificate.string
    #expect(try await refusal(settings) == refused)
    settings.authorities = ""
    #expect(try await refusal(settings) == refused)
  }

  @Test(arguments: [true, false]) func aCertificateThatHasExpiredIsRefused(_ isGRPC: Bool) async throws {
    let authority = try TestAuthority(in: directory, name: "authority", isExpired: true)
    let server = try await startTLS(authority, isGRPC: isGRPC)
    let trouble = try await refusal(settings(server, isGRPC: isGRPC, authority))
    #expect(trouble.kind == .misconfigured && trouble.reason.contains("has expired"))
  }

  @Test(arguments: [true, false]) func aClientNeedsItsCertificate(_ isGRPC: Bool) async throws {
    let authority = try TestAuthority(in: directory, name: "authority")
    let client = try TestAuthority(in: directory, name: "client")
    let server = try await startTLS(
      authority, isGRPC: isGRPC, "ssl_client_certificate \(client.certificate); ssl_verify_client on;")
    var settings = settings(server, isGRPC: isGRPC, authority)
    let trouble = try await refusal(settings)
    #expect(
      trouble.kind == .denied && trouble.reason.hasSuffix("it may want a client's certificate (--remote-certificate)"))
    (settings.certificate, settings.certificateKey) = (client.certificate.string, client.key.string)
    #expect(try await HelperProcess.opened(settings).fetch("key").0 == .missing(number: 2))
  }

  @Test(arguments: [true, false]) func aClientNeedsItsToken(_ isGRPC: Bool) async throws {
    let authority = try TestAuthority(in: directory, name: "authority")
    let server = try await startTLS(
      authority, isGRPC: isGRPC, "if ($is_known = 0) { return 401; }")
    var settings = settings(server, isGRPC: isGRPC, authority)
    #expect(try await refusal(settings).kind == .denied)
    settings.token = try directory.write("wrong-token\n", to: "token").string
    #expect(try await refusal(settings).kind == .denied)
    settings.token = try directory.write("first-token\nand more\n", to: "token").string
    let helper = try await HelperProcess.opened(settings)
    #expect(try await helper.fetch("key").0 == .missing(number: 2))
  }
}
