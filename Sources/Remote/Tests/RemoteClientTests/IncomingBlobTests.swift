import LinuxIO
import RemoteProtocol
import Testing

@testable import RemoteClient

@Suite struct IncomingBlobTests {
  private let bytes = (0..<100_000).map { UInt8(truncatingIfNeeded: $0 * 31) }

  private func append(_ bytes: some Sequence<UInt8>, to blob: IncomingBlob) throws {
    try Array(bytes).withUnsafeBytes { try blob.append($0) }
  }

  @Test func piecesMakeASealedFile() throws {
    let digest = BlobDigest(of: bytes)
    let blob = try IncomingBlob(digest)
    for start in stride(from: 0, to: bytes.count, by: 4096) { try append(bytes[start...].prefix(4096), to: blob) }
    try blob.finish()
    #expect(try blob.contents() == bytes)
    #expect(BlobDigest(RemoteArtifact(digest: blob.hash, size: blob.size)) == digest)
    // The file is full of memory that nobody can change.
    #expect(throws: RemoteTrouble.self) {
      try append([1], to: blob)
    }
  }

  @Test func otherBytesAreRefused() throws {
    let blob = try IncomingBlob(BlobDigest(of: bytes))
    var wrong = bytes
    wrong[5] ^= 1
    try append(wrong, to: blob)
    let hash = BlobDigest(of: wrong).hash
    #expect(
      throws: RemoteTrouble(
        .wrongBytes, "the server sent bytes with the SHA-256 \(hash) instead of \(BlobDigest(of: bytes).hash)")
    ) { try blob.finish() }
  }

  @Test func fewerBytesAreRefused() throws {
    let blob = try IncomingBlob(BlobDigest(of: bytes))
    try append(bytes.dropLast(), to: blob)
    #expect(throws: RemoteTrouble(.wrongBytes, "the server sent 99999 bytes instead of 100000")) { try blob.finish() }
  }

  @Test func moreBytesAreNotEvenKept() throws {
    let blob = try IncomingBlob(BlobDigest(of: bytes))
    try append(bytes, to: blob)
    #expect(throws: RemoteTrouble(.wrongBytes, "the server sent more than the 100000 bytes that it has announced")) {
      try append([0], to: blob)
    }
    #expect(blob.size == bytes.count)
  }
}
