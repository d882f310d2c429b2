internal import RemoteProtocol

/// What a server says of itself (remote_execution.proto, ServerCapabilities).
struct ServerDescription: Hashable, Sendable {
  /// `2.0 to 2.3`
  let versions: String
  let digestFunctions: [Int32]
  let takesUpdates: Bool
  /// Bytes of the blobs in one message; 0 if it does not say.
  let largestBatch: Int
  /// Bytes; 0 if it does not say.
  let largestBlob: Int
  /// Whether it has workers.
  let executes: Bool

  private static let sha256: Int32 = 1
  private static let names: [Int32: String] = [
    1: "SHA256", 2: "SHA1", 3: "MD5", 4: "VSO", 5: "SHA384", 6: "SHA512", 7: "MURMUR3", 8: "SHA256TREE", 9: "BLAKE3",
    10: "GITSHA1",
  ]

  init(_ answer: WireServerCapabilities) throws(RemoteTrouble) {
    guard answer.hasCacheCapabilities else {
      throw RemoteTrouble(.unsuitable, "the server has no cache: it may be one that only executes")
    }
    let cache = answer.cacheCapabilities
    // A server that does not say has SHA-256.
    guard cache.digestFunctions.isEmpty || cache.digestFunctions.contains(Self.sha256) else {
      throw RemoteTrouble(.unsuitable, "the server does not know SHA-256, only \(Self.named(cache.digestFunctions))")
    }
    let (low, high) = (answer.lowApiVersion, answer.highApiVersion)
    if answer.hasLowApiVersion, low.major > 2 || answer.hasHighApiVersion && high.major < 2 {
      throw RemoteTrouble(
        .unsuitable, "the server speaks version \(low.major).\(low.minor) to \(high.major).\(high.minor), not version 2"
      )
    }
    versions =
      !answer.hasLowApiVersion
      ? "2" : "\(low.major).\(low.minor)" + (low == high ? "" : " to \(high.major).\(high.minor)")
    digestFunctions = cache.digestFunctions
    takesUpdates = cache.actionCacheUpdateCapabilities.updateEnabled
    largestBatch = max(0, Int(clamping: cache.maxBatchTotalSizeBytes))
    executes = answer.executionCapabilities.execEnabled
    largestBlob = max(0, Int(clamping: cache.maxCasBlobSizeBytes))
  }

  private static func named(_ functions: [Int32]) -> String {
    functions.isEmpty ? "SHA256" : functions.map { names[$0] ?? "number \($0)" }.joined(separator: ", ")
  }

  var facts: [RemoteFact] {
    [
      RemoteFact("digest functions", Self.named(digestFunctions)),
      RemoteFact("updates", takesUpdates ? "allowed" : "not allowed"),
      executes ? .execution : RemoteFact(RemoteFact.execution.name, "not offered"),
      RemoteFact("largest batch", largestBatch > 0 ? "\(largestBatch) bytes" : "not stated"),
      RemoteFact("largest blob", largestBlob > 0 ? "\(largestBlob) bytes" : "not stated"),
    ]
  }
}
