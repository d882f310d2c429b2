package import RemoteProtocol

/// A server that keeps artifacts, whichever protocol it speaks. Every failure is a `RemoteTrouble`.
package protocol RemoteStore: Sendable {
  /// Finds out whether the server can be used.
  ///
  /// - Returns: what it is, for people.
  func open() async throws -> String

  /// - Returns: nil if there is nothing under the key.
  func fetch(_ key: LookUpKey, largest: Int) async throws -> FetchedArtifact?

  /// - Returns: how many of the artifact's bytes were sent; 0 if the server had them.
  func store(_ key: LookUpKey, _ artifact: RemoteArtifact, _ blob: OutgoingBlob) async throws -> Int

  /// Has a program executed on a server's worker.
  func execute(_ execution: RemoteExecution, _ files: ExecutionFiles) async throws -> ExecutionResult

  /// What is known of the server.
  func facts() async throws -> [RemoteFact]
}

/// An artifact that is here as a whole, and has the digest that it should have.
package struct FetchedArtifact: Sendable {
  package let blob: IncomingBlob
  package let artifact: RemoteArtifact

  init(_ blob: IncomingBlob, signature: [UInt8]) {
    self.blob = blob
    artifact = RemoteArtifact(digest: blob.hash, size: blob.size, signature: signature)
  }
}

/// Checks an artifact's size before anything of it is asked for.
func checkSize(_ digest: BlobDigest, largest: Int) throws(RemoteTrouble) {
  if digest.size > largest {
    throw RemoteTrouble(.tooLarge, "the artifact has \(digest.size) bytes, more than the \(largest) that are wanted")
  }
}
