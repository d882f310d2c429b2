import FoundationEssentials
import RemoteProtocol
import Testing

@testable import RemoteClient

@Suite struct ArtifactDescriptionTests {
  private let artifact = RemoteArtifact(
    digest: [UInt8](repeating: 7, count: 32), size: 1000, signature: Array("signed".utf8))

  @Test func whatIsStoredReadsAsItWas() throws {
    let read = try ArtifactDescription(serialized: ArtifactDescription(artifact).serialized())
    #expect(read.artifact == BlobDigest(artifact) && read.signature == artifact.signature && read.signatureBlob == nil)
  }

  @Test func aSignatureThatDidNotComeAlongIsABlob() throws {
    var result = ArtifactDescription(artifact).wire
    result.outputFiles[1].contents = .init()
    let read = try ArtifactDescription(result)
    #expect(read.signature == [] && read.signatureBlob == BlobDigest(of: artifact.signature))
  }

  @Test func whatDescribesNoArtifactIsRefused() throws {
    let good = ArtifactDescription(artifact).wire
    var failed = good
    failed.exitCode = 1
    var other = good
    other.outputFiles[0].path = "out"
    var short = good
    short.outputFiles[0].digest.hash.removeLast()
    var large = good
    large.outputFiles[0].digest.hash = good.outputFiles[0].digest.hash.uppercased().replacing("0", with: "A")
    var negative = good
    negative.outputFiles[0].digest.sizeBytes = -1
    for result in [failed, other, short, large, negative, WireActionResult()] {
      #expect(throws: RemoteTrouble(.wrongBytes, "what is stored under the key describes no artifact")) {
        try ArtifactDescription(result)
      }
    }
    var long = good
    long.outputFiles[1].contents = .init(repeating: 1, count: RemoteProtocol.largestSignature + 1)
    #expect(throws: RemoteTrouble(.wrongBytes, "the artifact's signature is longer than any")) {
      try ArtifactDescription(long)
    }
    #expect(throws: RemoteTrouble(.wrongBytes, "what is stored under the key is no description of an artifact")) {
      try ArtifactDescription(serialized: Array("<html>".utf8))
    }
  }
}
