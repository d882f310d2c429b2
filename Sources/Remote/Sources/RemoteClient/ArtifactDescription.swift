internal import FoundationEssentials
package import RemoteProtocol
internal import SwiftProtobuf

/// What a server keeps under a key: the artifact's digest, and its signature.
package struct ArtifactDescription: Hashable, Sendable {
  package let artifact: BlobDigest
  /// Empty where nobody has signed, or where it is a blob of its own.
  package let signature: [UInt8]
  /// Where the signature did not come along.
  package let signatureBlob: BlobDigest?

  package init(_ artifact: RemoteArtifact) {
    self.artifact = BlobDigest(artifact)
    signature = artifact.signature
    signatureBlob = nil
  }

  init(_ result: WireActionResult) throws(RemoteTrouble) {
    func output(_ path: String) -> WireOutputFile? { result.outputFiles.first { $0.path == path } }
    guard result.exitCode == 0, let artifact = output(LookUpKey.artifact), let digest = BlobDigest(artifact.digest)
    else {
      throw RemoteTrouble(.wrongBytes, "what is stored under the key describes no artifact")
    }
    let signed = output(LookUpKey.signature)
    let contents = signed.map { Array($0.contents) } ?? []
    let blob = contents.isEmpty ? signed.flatMap { BlobDigest($0.digest) } : nil
    guard contents.count <= RemoteProtocol.largestSignature, (blob?.size ?? 0) <= RemoteProtocol.largestSignature else {
      throw RemoteTrouble(.wrongBytes, "the artifact's signature is longer than any")
    }
    self.artifact = digest
    signature = contents
    signatureBlob = blob.flatMap { $0.size > 0 ? $0 : nil }
  }

  /// Takes the description apart that a plain server has as a file.
  package init(serialized bytes: [UInt8]) throws(RemoteTrouble) {
    let result: WireActionResult
    do { result = try WireActionResult(serializedBytes: bytes) } catch {
      throw RemoteTrouble(.wrongBytes, "what is stored under the key is no description of an artifact")
    }
    try self.init(result)
  }

  var wire: WireActionResult {
    var result = WireActionResult()
    result.outputFiles = [file(LookUpKey.artifact, artifact)]
    if !signature.isEmpty {
      var signed = file(LookUpKey.signature, BlobDigest(of: signature))
      signed.contents = Data(signature)
      result.outputFiles.append(signed)
    }
    return result
  }

  package func serialized() throws(RemoteTrouble) -> [UInt8] {
    do { return try wire.serializedBytes() } catch {
      throw RemoteTrouble(.misconfigured, "the artifact's description cannot be written down: \(error)")
    }
  }

  private func file(_ path: String, _ digest: BlobDigest) -> WireOutputFile {
    var file = WireOutputFile()
    file.path = path
    file.digest = digest.wire
    return file
  }
}
