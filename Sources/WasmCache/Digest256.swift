package import Crypto
internal import WasmEngine

/// 256 bits held in place, without an allocation for each.
struct Digest256: Hashable, Sendable {
  static let size = 32

  private let words: (UInt64, UInt64, UInt64, UInt64)

  init(_ digest: SHA256.Digest) { words = digest.withUnsafeBytes(Self.words) }

  init?(hex text: some Collection<UInt8>) {
    guard let bytes = [UInt8](hex: text), bytes.count == Self.size else { return nil }
    words = bytes.withUnsafeBytes(Self.words)
  }

  /// The bytes must be ``size`` many.
  private static func words(_ bytes: UnsafeRawBufferPointer) -> (UInt64, UInt64, UInt64, UInt64) {
    func word(_ index: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
    }
    return (word(0), word(1), word(2), word(3))
  }

  var firstWord: UInt64 { words.0 }

  var bytes: [UInt8] {
    [words.0, words.1, words.2, words.3].flatMap { word in
      (0..<8).map { UInt8(truncatingIfNeeded: word >> (56 - 8 * $0)) }
    }
  }

  static func == (a: Self, b: Self) -> Bool { a.words == b.words }

  func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

extension Digest256: CustomStringConvertible {
  var description: String { bytes.hex }
}

/// The SHA-256 of an artifact's bytes, which is its object's name.
package struct ArtifactDigest: Hashable, Sendable, CustomStringConvertible {
  private let digest: Digest256

  package init(_ digest: SHA256.Digest) { self.digest = Digest256(digest) }

  init?(hex text: some Collection<UInt8>) {
    guard let digest = Digest256(hex: text) else { return nil }
    self.digest = digest
  }

  package var description: String { digest.description }
}
