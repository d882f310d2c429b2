package import RemoteProtocol

/// What became of an execution on a server's worker.
package enum ExecutionResult: Sendable {
  case made(IncomingBlob, RemoteBlob)
  /// - Parameter words: the last of what the program wrote to standard error.
  case exited(status: Int32, words: String)
}

/// The files of an execution, as the tool has passed them.
package struct ExecutionFiles: Sendable {
  /// By their digests.
  package let inputs: [BlobDigest: OutgoingBlob]
  package let subject: OutgoingBlob

  package init(inputs: [BlobDigest: OutgoingBlob], subject: OutgoingBlob) {
    self.inputs = inputs
    self.subject = subject
  }
}

extension RemoteStore {
  /// A cache that is nothing else has no workers.
  package func execute(_ execution: RemoteExecution, _ files: ExecutionFiles) async throws -> ExecutionResult {
    throw RemoteTrouble(.idle, "the server only keeps artifacts, and executes nothing")
  }
}

extension BlobDigest {
  package init(_ blob: RemoteBlob) { self.init(RemoteArtifact(digest: blob.digest, size: blob.size)) }
}
