import RemoteProtocol
import Testing

/// Each message reads as it was written, and nothing that was cut short or goes on reads at all.
@Suite struct RemoteMessageTests {
  private static let artifact = RemoteArtifact(
    digest: (0..<32).map { UInt8($0) }, size: 1 << 40, signature: Array("untrusted comment: x\nRWQ=\n".utf8))

  private static var settings: RemoteSettings {
    var settings = RemoteSettings(address: "grpcs://cache.example:443/main")
    settings.authorities = "/etc/ca.pem"
    settings.certificate = "/etc/me.pem"
    settings.certificateKey = "/etc/me.key"
    settings.token = "/run/token"
    settings.salt = "2026-ü"
    settings.platform = [RemoteProperty("OSFamily", "linux"), RemoteProperty("empty", "")]
    settings.patience = 1234
    settings.calls = 7
    settings.toolVersion = "1.2.3"
    return settings
  }

  private static let key = RemoteKey(text: "cranelift-50.0.1-ab/cd.cwasm")

  private static let requests: [RemoteRequest] = [
    .open(version: RemoteProtocol.version, settings),
    .open(version: RemoteProtocol.version, RemoteSettings(address: "")),
    .fetch(number: 1, key, largest: .max), .fetch(number: .max, RemoteKey(text: ""), largest: 0),
    .store(number: 3, key, artifact), .store(number: 4, key, RemoteArtifact(digest: artifact.digest, size: 0)),
    .status(number: 5), .give(blob), .execute(number: 6, execution),
    .execute(
      number: 7,
      RemoteExecution(
        arguments: [], inputs: [], subject: .init(path: "", blob), output: "", refusal: 0, timeout: 0, largest: 0)),
  ]

  private static let blob = RemoteBlob(digest: artifact.digest, size: 12)

  private static let execution = RemoteExecution(
    arguments: ["lib/ld.so", "--x=ü", ""],
    inputs: (0..<40).map { .init(path: "lib/\($0)", blob, isExecutable: $0 % 2 == 0) },
    subject: .init(path: "in.wasm", RemoteBlob(digest: artifact.digest, size: 1 << 30)), output: "out.cwasm",
    refusal: 65, timeout: 120, largest: 4 << 30)

  private static let replies: [RemoteReply] =
    [
      .opened(server: "a server"), .opened(server: ""), .found(number: 1, artifact), .missing(number: 2),
      .stored(number: 3, sent: 0), .stored(number: 3, sent: .max), .status(number: 4, []),
      .status(number: 5, (0..<255).map { RemoteFact("name \($0)", "value") }),
      .refused(RemoteTrouble(.misconfigured, "a file")), .busy, .made(number: 7, blob),
      .exited(number: 8, status: 65, words: "refused: invalid: x\n"), .exited(number: 9, status: -1, words: ""),
    ] + RemoteTrouble.Kind.allCases.map { .failed(number: 6, RemoteTrouble($0, "why")) }

  @Test(arguments: requests) func requestsReadAsTheyWereWritten(_ request: RemoteRequest) {
    let bytes = request.encoded()
    #expect(RemoteRequest(bytes) == request)
    for count in bytes.indices { #expect(RemoteRequest(bytes.prefix(count)) == nil) }
    #expect(RemoteRequest(bytes + [0]) == nil)
  }

  @Test(arguments: replies) func repliesReadAsTheyWereWritten(_ reply: RemoteReply) {
    let bytes = reply.encoded()
    #expect(bytes.count <= RemoteProtocol.largestMessage)
    #expect(RemoteReply(bytes) == reply)
    for count in bytes.indices { #expect(RemoteReply(bytes.prefix(count)) == nil) }
    #expect(RemoteReply(bytes + [0]) == nil)
  }

  @Test func anotherVersionIsSeenWhateverFollows() {
    let request = RemoteRequest.open(version: RemoteProtocol.version + 1, Self.settings)
    let seen = RemoteRequest.open(version: RemoteProtocol.version + 1, RemoteSettings(address: ""))
    #expect(RemoteRequest(request.encoded()) == seen)
    #expect(RemoteRequest(request.encoded().prefix(5)) == seen)
    #expect(RemoteRequest(request.encoded().prefix(4)) == nil)
  }

  @Test func messagesOfNoKindAreNone() {
    for kind in [0, 5, 255] as [UInt8] { #expect(RemoteRequest([kind, 0, 0, 0, 0]) == nil) }
    for kind in [0, 9, 255] as [UInt8] { #expect(RemoteReply([kind, 0, 0, 0, 0]) == nil) }
    // A kind of trouble that there is none of.
    #expect(RemoteReply([7, 200, 0, 0, 0, 0]) == nil)
  }

  @Test func signaturesAreBounded() {
    let most = RemoteProtocol.largestSignature
    for (size, reads) in [(most, true), (most + 1, false)] {
      let artifact = RemoteArtifact(
        digest: Self.artifact.digest, size: 1, signature: [UInt8](repeating: 1, count: size))
      let reply = RemoteReply.found(number: 1, artifact)
      #expect(RemoteReply(reply.encoded()) == (reads ? reply : nil))
    }
    let short = RemoteReply.found(number: 1, RemoteArtifact(digest: [1, 2, 3], size: 1))
    #expect(RemoteReply(short.encoded()) == nil)
  }
}
