internal import Crypto
package import RemoteProtocol

/// What a blob is known by: the SHA-256 of its bytes, and their number.
package struct BlobDigest: Hashable, Sendable {
  /// 64 lowercase hexadecimal digits.
  package let hash: String
  /// Bytes.
  package let size: Int

  package init(of bytes: [UInt8]) {
    hash = Self.hexadecimal(SHA256.hash(data: bytes))
    size = bytes.count
  }

  /// Takes a digest as a server states it; nil if it is none.
  package init?(hash: String, size: Int64) {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    let letters = UInt8(ascii: "a")...UInt8(ascii: "f")
    guard hash.utf8.count == 64, hash.utf8.allSatisfy({ digits.contains($0) || letters.contains($0) }),
      let size = Int(exactly: size), size >= 0
    else { return nil }
    (self.hash, self.size) = (hash, size)
  }

  package init(_ artifact: RemoteArtifact) {
    hash = Self.hexadecimal(artifact.digest)
    size = artifact.size
  }

  /// Two digits a byte.
  static func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(64)
    for byte in bytes { text += [digits[Int(byte >> 4)], digits[Int(byte & 15)]] }
    return String(decoding: text, as: UTF8.self)
  }

  var wire: WireDigest {
    var wire = WireDigest()
    wire.hash = hash
    wire.sizeBytes = Int64(size)
    return wire
  }

  init?(_ wire: WireDigest) { self.init(hash: wire.hash, size: wire.sizeBytes) }
}
