internal import LinuxIO
internal import NIOHTTP1
package import RemoteProtocol
internal import Synchronization

/// A plain server with Bazel's cache protocol: descriptions below `/ac/`, blobs below `/cas/`, each named by a SHA-256.
package final class HTTPStore: RemoteStore {
  private let address: ServerAddress
  private let settings: RemoteSettings
  private let credentials: Credentials
  private let client: HTTPClient

  package init(_ address: ServerAddress, _ settings: RemoteSettings, _ credentials: Credentials) throws(RemoteTrouble) {
    self.address = address
    self.settings = settings
    self.credentials = credentials
    do { client = try HTTPClient(address, settings, credentials) } catch {
      throw ConnectionCheck.trouble(error, address, settings)
    }
  }

  private func path(_ kind: String, _ hash: String) -> String {
    (address.path.isEmpty ? "" : "/" + address.path) + "/\(kind)/\(hash)"
  }

  package func open() async throws -> String {
    let answer = try await knock()
    return "\(address) (\(Self.name(answer)))"
  }

  /// Asks for a blob that may or may not be there: the empty one.
  private func knock() async throws -> HTTPAnswer {
    let path = path("cas", BlobDigest(of: []).hash)
    let answer = try await client.head(path)
    guard [200, 204, 404, 410].contains(answer.status) else { throw trouble(answer, "HEAD \(path)") }
    return answer
  }

  private static func name(_ answer: HTTPAnswer) -> String {
    // It goes to a terminal.
    let name = answer.headers["Server"].first ?? ""
    let isPrintable = !name.isEmpty && name.utf8.allSatisfy { (0x20...0x7e).contains($0) }
    return isPrintable ? "HTTP cache, \(name.prefix(80))" : "HTTP cache"
  }

  // MARK: Artifacts

  package func fetch(_ key: LookUpKey, largest: Int) async throws -> FetchedArtifact? {
    let path = path("ac", key.digest.hash)
    let answer = try await client.get(path)
    if Self.isMissing(answer) { return nil }
    guard answer.status == 200 else { throw trouble(answer, "GET \(path)") }
    let description = try ArtifactDescription(serialized: answer.body)
    try checkSize(description.artifact, largest: largest)
    guard let blob = try await fetch(description.artifact) else { return nil }
    guard let signed = description.signatureBlob else { return FetchedArtifact(blob, signature: description.signature) }
    guard let signature = try await fetch(signed) else { return nil }
    return FetchedArtifact(blob, signature: try signature.contents())
  }

  private func fetch(_ digest: BlobDigest) async throws -> IncomingBlob? {
    let path = path("cas", digest.hash)
    let last = Mutex<IncomingBlob?>(nil)
    let answer = try await client.get(path) {
      let blob = try IncomingBlob(digest)
      last.withLock { $0 = blob }
      return { try blob.append($0) }
    }
    if Self.isMissing(answer) { return nil }
    guard answer.status == 200, let blob = last.withLock({ $0 }) else { throw trouble(answer, "GET \(path)") }
    try blob.finish()
    return blob
  }

  private static func isMissing(_ answer: HTTPAnswer) -> Bool { [204, 404, 410].contains(answer.status) }

  package func store(_ key: LookUpKey, _ artifact: RemoteArtifact, _ blob: OutgoingBlob) async throws -> Int {
    let blobPath = path("cas", blob.digest.hash)
    var sent = 0
    if try await !has(blob.digest, at: blobPath) {
      try await put(blobPath, size: blob.digest.size) { offset in
        offset < blob.digest.size ? try await blob.bytes(at: offset, atMost: HTTPClient.piece) : nil
      }
      sent = blob.digest.size
    }
    // The description has the signature in it, but others may look for the blob.
    if !artifact.signature.isEmpty {
      try await put(path("cas", BlobDigest(of: artifact.signature).hash), artifact.signature)
    }
    try await put(path("cas", key.commandDigest.hash), key.command)
    try await put(path("cas", key.digest.hash), key.action)
    try await put(path("ac", key.digest.hash), ArtifactDescription(artifact).serialized())
    return sent
  }

  private func has(_ digest: BlobDigest, at path: String) async throws -> Bool {
    let answer = try await client.head(path)
    // A plain server keeps a file that came in half.
    return answer.status == 200 && answer.headers["Content-Length"].first == "\(digest.size)"
  }

  private func put(_ path: String, _ bytes: [UInt8]) async throws {
    try await put(path, size: bytes.count) { offset in offset == 0 && !bytes.isEmpty ? bytes : nil }
  }

  private func put(
    _ path: String, size: Int, _ piece: @escaping HTTPPieces
  ) async throws {
    let answer = try await client.put(path, size: size, piece)
    guard (200..<300).contains(answer.status) else { throw trouble(answer, "PUT \(path)") }
  }

  private func trouble(_ answer: HTTPAnswer, _ request: String) -> RemoteTrouble {
    let status = HTTPResponseStatus(statusCode: answer.status)
    let reason = "\(request): the server says \(answer.status) (\(status.reasonPhrase))"
    switch answer.status {
    case 401:
      let advice = credentials.token == nil ? "give a token with --remote-token-file" : "it does not accept the token"
      return RemoteTrouble(.denied, "\(reason): \(advice)")
    case 400 where address.usesTLS, 495, 496:
      return RemoteTrouble(.denied, "\(reason): it may want a client's certificate (--remote-certificate)")
    case 403, 405: return RemoteTrouble(.denied, reason)
    case 413: return RemoteTrouble(.tooLarge, reason)
    case 429, 507: return RemoteTrouble(.full, reason)
    case 502, 503, 504: return RemoteTrouble(.unreachable, reason)
    default: return RemoteTrouble(.unsuitable, reason)
    }
  }

  // MARK: Facts

  package func facts() async throws -> [RemoteFact] {
    var times: [UInt64] = []
    var answer = try await knock()
    for _ in 0..<5 {
      let start = MonotonicInstant.now()
      answer = try await knock()
      times.append(MonotonicInstant.now().nanoseconds(since: start))
    }
    return [
      RemoteFact("address", "\(address)"), RemoteFact("protocol", Self.name(answer)), RoundTrip.fact(times),
    ] + credentials.facts(settings, usesTLS: address.usesTLS)
  }
}
