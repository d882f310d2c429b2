internal import FoundationEssentials
internal import GRPCCore
internal import RemoteProtocol

/// The blobs of a server that speaks the Remote Execution API: small ones several in a message, large ones as streams.
final class GRPCBlobs: Sendable {
  private let connection: GRPCConnection
  private let instance: String
  /// Bytes of the blobs in one message.
  let largestBatch: Int
  private let missing: Batcher<BlobDigest, Bool>
  private let reads: Batcher<BlobDigest, Data?>
  private let updates: Batcher<Upload, Void>
  /// A stream takes some megabytes of memory.
  private let streams = CallLimiter(4)

  private struct Upload: Sendable {
    let digest: BlobDigest
    let data: Data
  }

  /// What a digest, a status and their lengths take in a message beside the bytes of a blob; generously.
  private static let overhead = 256
  private static let batches = 2
  /// Digests in one message.
  private static let mostDigests = 1000
  private static let piece = 1 << 20

  /// - Parameter limit: what the server says that it takes in one batch; 0 if it does not say.
  init(_ connection: GRPCConnection, instance: String, limit: Int) {
    self.connection = connection
    self.instance = instance
    // Some servers advertise more than their own gRPC takes, and some, which advertise nothing, no more than this.
    let usual = GRPCConnection.largestMessage - (64 << 10)
    let batch = limit > 0 ? min(limit, usual) : usual
    largestBatch = batch - Self.overhead
    missing = Batcher(calls: Self.batches, weight: Self.mostDigests, count: Self.mostDigests) { digests in
      try await Self.findMissing(digests, connection, instance)
    }
    reads = Batcher(calls: Self.batches, weight: batch, count: Self.mostDigests) { digests in
      try await Self.read(digests, connection, instance)
    }
    updates = Batcher(calls: Self.batches, weight: batch, count: Self.mostDigests) { uploads in
      try await Self.update(uploads, connection, instance)
    }
  }

  // MARK: Asking

  /// Whether the server lacks a blob.
  func isMissing(_ digest: BlobDigest) async throws -> Bool { try await missing.submit(digest, weight: 1) }

  private static func findMissing(
    _ digests: [BlobDigest], _ connection: GRPCConnection, _ instance: String
  ) async throws -> [Result<Bool, any Error>] {
    var request = WireFindMissingBlobsRequest()
    request.instanceName = instance
    request.blobDigests = Set(digests).map(\.wire)
    let response = try await connection.call(CacheMethods.findMissingBlobs, request)
    let missing = Set(response.missingBlobDigests.compactMap { BlobDigest($0) })
    return digests.map { .success(missing.contains($0)) }
  }

  // MARK: Fetching

  /// - Returns: nil if the server does not have it.
  func fetch(_ digest: BlobDigest) async throws -> IncomingBlob? {
    let blob = try IncomingBlob(digest)
    if digest.size <= largestBatch {
      guard let data = try await reads.submit(digest, weight: digest.size + Self.overhead) else { return nil }
      try data.withUnsafeBytes { try blob.append($0) }
    } else {
      do { try await stream(digest, into: blob) } catch let error as RPCError where error.code == .notFound {
        return nil
      }
    }
    try blob.finish()
    return blob
  }

  private static func read(
    _ digests: [BlobDigest], _ connection: GRPCConnection, _ instance: String
  ) async throws -> [Result<Data?, any Error>] {
    var request = WireBatchReadBlobsRequest()
    request.instanceName = instance
    let wanted = Set(digests)
    request.digests = wanted.map(\.wire)
    let bytes = wanted.reduce(0) { $0 + $1.size }
    let response = try await connection.call(CacheMethods.batchReadBlobs, request, bytes: bytes)
    var answers: [BlobDigest: WireBatchReadBlobsResponse.Response] = [:]
    for answer in response.responses {
      if let digest = BlobDigest(answer.digest) { answers[digest] = answer }
    }
    return digests.map { digest in
      guard let answer = answers[digest] else {
        return .failure(RemoteTrouble(.wrongBytes, "BatchReadBlobs: the answer lacks a blob that was asked for"))
      }
      if answer.status.code == 0 { return .success(answer.data) }
      if answer.status.code == RPCError.Code.notFound.rawValue { return .success(nil) }
      return .failure(answer.status.failure)
    }
  }

  private func stream(_ digest: BlobDigest, into blob: IncomingBlob) async throws {
    try await streams.run {
      try await connection.retrying {
        var request = WireReadRequest()
        request.resourceName = name("blobs/\(digest.hash)/\(digest.size)")
        // After a connection was lost, what is here stays here.
        request.readOffset = Int64(blob.size)
        try await connection.receive(CacheMethods.read, request) { response in
          try response.data.withUnsafeBytes { try blob.append($0) }
          return response.data.count
        }
      }
    }
  }

  // MARK: Storing

  /// Stores a few bytes.
  func store(_ bytes: [UInt8], _ digest: BlobDigest) async throws {
    try await updates.submit(Upload(digest: digest, data: Data(bytes)), weight: digest.size + Self.overhead)
  }

  func store(_ blob: OutgoingBlob) async throws {
    if blob.digest.size <= largestBatch {
      try await store(blob.bytes(at: 0, atMost: blob.digest.size), blob.digest)
    } else {
      try await stream(blob)
    }
  }

  private static func update(
    _ uploads: [Upload], _ connection: GRPCConnection, _ instance: String
  ) async throws -> [Result<Void, any Error>] {
    var request = WireBatchUpdateBlobsRequest()
    request.instanceName = instance
    var seen: Set<BlobDigest> = []
    for upload in uploads where seen.insert(upload.digest).inserted {
      var entry = WireBatchUpdateBlobsRequest.Request()
      entry.digest = upload.digest.wire
      entry.data = upload.data
      request.requests.append(entry)
    }
    let bytes = seen.reduce(0) { $0 + $1.size }
    let response = try await connection.call(CacheMethods.batchUpdateBlobs, request, bytes: bytes)
    var failures: [BlobDigest: WireStatus] = [:]
    var answered: Set<BlobDigest> = []
    for answer in response.responses {
      guard let digest = BlobDigest(answer.digest) else { continue }
      answered.insert(digest)
      let isThere = [0, RPCError.Code.alreadyExists.rawValue].contains(Int(answer.status.code))
      if !isThere { failures[digest] = answer.status }
    }
    return uploads.map { upload in
      if let status = failures[upload.digest] { return .failure(status.failure) }
      if answered.contains(upload.digest) { return .success(()) }
      return .failure(RemoteTrouble(.unsuitable, "BatchUpdateBlobs: the answer lacks a blob that was sent"))
    }
  }

  private func stream(_ blob: OutgoingBlob) async throws {
    try await streams.run {
      do {
        try await connection.retrying { try await write(blob) }
      } catch let error as RPCError {
        // HAProxy resets a stream whose server had answered early, because it has the blob by now.
        if try await isMissing(blob.digest) { throw error }
      }
    }
  }

  private func write(_ blob: OutgoingBlob) async throws {
    let digest = blob.digest
    let upload = UUID().uuidString.lowercased()
    let resource = name("uploads/\(upload)/blobs/\(digest.hash)/\(digest.size)")
    let response = try await connection.send(CacheMethods.write) { number -> (WireWriteRequest, bytes: Int)? in
      let offset = number * Self.piece
      guard offset < digest.size || number == 0 else { return nil }
      let bytes = try await blob.bytes(at: offset, atMost: Self.piece)
      var request = WireWriteRequest()
      // Later messages may leave it out (bytestream.proto, WriteRequest).
      if number == 0 { request.resourceName = resource }
      request.writeOffset = Int64(offset)
      request.data = Data(bytes)
      request.finishWrite = offset + bytes.count == digest.size
      return (request, bytes.count)
    }
    guard response.committedSize == Int64(digest.size) else {
      throw RemoteTrouble(.unsuitable, "Write: the server has \(response.committedSize) of \(digest.size) bytes")
    }
  }

  private func name(_ rest: String) -> String { instance.isEmpty ? rest : instance + "/" + rest }
}

extension WireStatus {
  fileprivate var failure: any Error {
    guard let code = Status.Code(rawValue: Int(code)), let error = RPCError.Code(code) else {
      return RemoteTrouble(.unsuitable, "the server says \(self.code): \(message)")
    }
    return RPCError(code: error, message: message)
  }
}
