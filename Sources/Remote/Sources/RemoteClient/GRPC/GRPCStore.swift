internal import FoundationEssentials
internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import LinuxIO
package import RemoteProtocol
internal import SwiftProtobuf
internal import Synchronization

/// A server that speaks the Remote Execution API, version 2. It needs the caches, and workers only if something is to be executed.
package final class GRPCStore: RemoteStore {
  private let address: ServerAddress
  private let settings: RemoteSettings
  private let credentials: Credentials
  private let connection: GRPCConnection
  /// What the server has said of itself; blobs need its limits.
  private let opened = Mutex<(server: ServerDescription, blobs: GRPCBlobs, execution: GRPCExecution)?>(nil)

  package init(_ address: ServerAddress, _ settings: RemoteSettings, _ credentials: Credentials) throws(RemoteTrouble) {
    self.address = address
    self.settings = settings
    self.credentials = credentials
    let metadata = Self.requestMetadata(settings)
    do {
      connection = try GRPCConnection(
        address, address.usesTLS ? .tls(credentials.grpc) : .plaintext, calls: Int(settings.calls),
        patience: Patience(milliseconds: settings.patience)
      ) {
        var headers = Metadata()
        headers.addBinary(metadata, forKey: "build.bazel.remote.execution.v2.requestmetadata-bin")
        if let token = credentials.token?.current { headers.addString("Bearer \(token)", forKey: "authorization") }
        return headers
      }
    } catch {
      throw RemoteTrouble(.misconfigured, "\(address): \(error)")
    }
  }

  /// Tells the server's log who asks.
  private static func requestMetadata(_ settings: RemoteSettings) -> [UInt8] {
    var metadata = WireRequestMetadata()
    metadata.toolDetails.toolName = "wasmprecompile"
    metadata.toolDetails.toolVersion = settings.toolVersion
    metadata.toolInvocationID = UUID().uuidString.lowercased()
    return (try? metadata.serializedBytes()) ?? []
  }

  package func open() async throws -> String {
    let server: ServerDescription
    do { server = try await capabilities() } catch let trouble as RemoteTrouble {
      throw credentials.advising(trouble, usesTLS: address.usesTLS)
    }
    let blobs = GRPCBlobs(connection, instance: address.path, limit: server.largestBatch)
    let execution = GRPCExecution(connection, blobs, instance: address.path, settings)
    opened.withLock { $0 = (server, blobs, execution) }
    return "\(address) (Remote Execution API \(server.versions))"
  }

  private func capabilities() async throws -> ServerDescription {
    var request = WireGetCapabilitiesRequest()
    request.instanceName = address.path
    let answer = try await asking(CacheMethods.getCapabilities.name) { [request] in
      try await connection.call(CacheMethods.getCapabilities, request)
    }
    return try ServerDescription(answer)
  }

  private func blobs() throws(RemoteTrouble) -> GRPCBlobs {
    guard let blobs = opened.withLock({ $0?.blobs }) else { throw RemoteTrouble(.unsuitable, "the server is not open") }
    return blobs
  }

  // MARK: Artifacts

  package func fetch(_ key: LookUpKey, largest: Int) async throws -> FetchedArtifact? {
    var request = WireGetActionResultRequest()
    request.instanceName = address.path
    request.actionDigest = key.digest.wire
    request.inlineOutputFiles = [LookUpKey.signature]
    let found: WireActionResult? = try await asking(CacheMethods.getActionResult.name) { [request] in
      do { return try await connection.call(CacheMethods.getActionResult, request) } catch let error as RPCError
        where error.code == .notFound
      { return nil }
    }
    guard let found else { return nil }
    let description = try ArtifactDescription(found)
    try checkSize(description.artifact, largest: largest)
    let blobs = try blobs()
    return try await asking("BatchReadBlobs or Read") {
      async let signature = Self.signature(description, blobs)
      // What a server has lost is as if it had never been there.
      guard let blob = try await blobs.fetch(description.artifact), let signature = try await signature else {
        return nil
      }
      return FetchedArtifact(blob, signature: signature)
    }
  }

  private static func signature(_ description: ArtifactDescription, _ blobs: GRPCBlobs) async throws -> [UInt8]? {
    guard let blob = description.signatureBlob else { return description.signature }
    return try await blobs.fetch(blob)?.contents()
  }

  package func store(_ key: LookUpKey, _ artifact: RemoteArtifact, _ blob: OutgoingBlob) async throws -> Int {
    let description = ArtifactDescription(artifact)
    let blobs = try blobs()
    if let most = opened.withLock({ $0?.server.largestBlob }), most > 0, artifact.size > most {
      throw RemoteTrouble(
        .tooLarge, "the artifact has \(artifact.size) bytes, more than the \(most) that the server takes")
    }
    var small = [(key.action, key.digest), (key.command, key.commandDigest), ([], BlobDigest(of: []))]
    if !artifact.signature.isEmpty { small.append((artifact.signature, BlobDigest(of: artifact.signature))) }
    let sent = try await asking("storing") { [small] in
      // All that the result names is to be there before it is.
      try await withThrowingTaskGroup(of: Int.self) { group in
        group.addTask {
          guard try await blobs.isMissing(blob.digest) else { return 0 }
          try await blobs.store(blob)
          return blob.digest.size
        }
        for (bytes, digest) in small {
          group.addTask {
            if try await blobs.isMissing(digest) { try await blobs.store(bytes, digest) }
            return 0
          }
        }
        return try await group.reduce(0, +)
      }
    }
    var request = WireUpdateActionResultRequest()
    request.instanceName = address.path
    request.actionDigest = key.digest.wire
    request.actionResult = description.wire
    _ = try await asking(CacheMethods.updateActionResult.name) { [request] in
      try await connection.call(CacheMethods.updateActionResult, request)
    }
    return sent
  }

  // MARK: Executions

  package func execute(_ execution: RemoteExecution, _ files: ExecutionFiles) async throws -> ExecutionResult {
    guard let (server, _, executing) = opened.withLock({ $0 }) else {
      throw RemoteTrouble(.unsuitable, "the server is not open")
    }
    guard server.executes else { throw RemoteTrouble(.idle, "the server executes nothing") }
    return try await asking(ExecutionMethods.execute.name) { try await executing.execute(execution, files) }
  }

  // MARK: Facts

  package func facts() async throws -> [RemoteFact] {
    var times: [UInt64] = []
    var server = try await capabilities()
    for _ in 0..<5 {
      let start = MonotonicInstant.now()
      server = try await capabilities()
      times.append(MonotonicInstant.now().nanoseconds(since: start))
    }
    return [RemoteFact("address", "\(address)"), RemoteFact("protocol", "Remote Execution API \(server.versions)")]
      + server.facts + [RoundTrip.fact(times)] + credentials.facts(settings, usesTLS: address.usesTLS)
  }

  /// Turns what the library throws into what the tool is told.
  private func asking<Value: Sendable>(
    _ method: String, _ body: @Sendable () async throws -> Value
  ) async throws -> Value {
    do { return try await body() } catch let error as RPCError {
      // The library does not say what a connection failed of.
      let check = ConnectionCheck(address, credentials, settings)
      if error.code == .unavailable, let trouble = await check.trouble(protocols: ["h2"]) { throw trouble }
      throw error.trouble(method)
    } catch let error as RuntimeError {
      throw RemoteTrouble(.unreachable, "\(method): \(error)")
    }
  }
}
