package import Crypto
package import LinuxIO
internal import WasmEngine

/// 256 bits held in place, without an allocation for each.
struct Digest256: Hashable, Sendable {
  static let size = 32

  let words: (UInt64, UInt64, UInt64, UInt64)

  init(words: (UInt64, UInt64, UInt64, UInt64)) { self.words = words }

  init(_ digest: SHA256.Digest) { self = digest.withUnsafeBytes { Digest256(reading: $0) } }

  init?(hex text: some Collection<UInt8>) {
    guard let bytes = [UInt8](hex: text), bytes.count == Self.size else { return nil }
    self = bytes.withUnsafeBytes { Digest256(reading: $0) }
  }

  /// Reads 32 bytes, in the order that SHA-256 gives them.
  init(reading bytes: UnsafeRawBufferPointer) {
    func word(_ index: Int) -> UInt64 {
      UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8 * index, as: UInt64.self))
    }
    self.init(words: (word(0), word(1), word(2), word(3)))
  }

  /// Writes 32 bytes that ``init(reading:)`` reads.
  func store(into bytes: UnsafeMutableRawBufferPointer) {
    bytes.storeBytes(of: words.0.bigEndian, toByteOffset: 0, as: UInt64.self)
    bytes.storeBytes(of: words.1.bigEndian, toByteOffset: 8, as: UInt64.self)
    bytes.storeBytes(of: words.2.bigEndian, toByteOffset: 16, as: UInt64.self)
    bytes.storeBytes(of: words.3.bigEndian, toByteOffset: 24, as: UInt64.self)
  }

  var firstWord: UInt64 { words.0 }

  var bytes: [UInt8] {
    [UInt8](unsafeUninitializedCapacity: Self.size) { buffer, count in
      store(into: UnsafeMutableRawBufferPointer(buffer))
      count = Self.size
    }
  }

  /// Writes the 64 digits of ``description``.
  func writeHexadecimal(into text: UnsafeMutableBufferPointer<CChar>) {
    var place = 0
    func write(_ word: UInt64) {
      var rest = word
      for _ in 0..<16 {
        rest = rest << 4 | rest >> 60
        let digit = UInt8(truncatingIfNeeded: rest & 15)
        text[place] = CChar(bitPattern: digit < 10 ? UInt8(ascii: "0") + digit : UInt8(ascii: "a") + digit - 10)
        place += 1
      }
    }
    write(words.0)
    write(words.1)
    write(words.2)
    write(words.3)
  }

  static func == (a: Self, b: Self) -> Bool { a.words == b.words }

  func hash(into hasher: inout Hasher) { hasher.combine(words.0) }
}

extension Digest256: CustomStringConvertible {
  var description: String {
    String(unsafeUninitializedCapacity: 2 * Self.size) { text in
      text.withMemoryRebound(to: CChar.self) { writeHexadecimal(into: $0) }
      return 2 * Self.size
    }
  }
}

/// The SHA-256 of an artifact's bytes, which is its object's name.
package struct ArtifactDigest: Hashable, Sendable, CustomStringConvertible {
  private let digest: Digest256

  init(_ digest: Digest256) { self.digest = digest }

  package init(_ digest: SHA256.Digest) { self.digest = Digest256(digest) }

  /// Hashes bytes.
  package init(hashing bytes: [UInt8]) { self.init(SHA256.hash(data: bytes)) }

  /// Hashes a file from its start to its end.
  package init(hashing file: borrowing Descriptor) throws(SystemError) {
    var hash = SHA256()
    try file.forEachBlock { hash.update(bufferPointer: $0) }
    self.init(hash.finalize())
  }

  init?(hex text: some Collection<UInt8>) {
    guard let digest = Digest256(hex: text) else { return nil }
    self.digest = digest
  }

  /// Reads a blob; nil unless it has the size of a digest.
  init?(blob bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Digest256.size else { return nil }
    digest = Digest256(reading: bytes)
  }

  package var description: String { digest.description }

  /// - Returns: nil unless it is 32 bytes.
  package init?(bytes: [UInt8]) {
    guard let digest = bytes.withUnsafeBytes({ Self(blob: $0) }) else { return nil }
    self = digest
  }

  package var bytes: [UInt8] { digest.bytes }

  func writeHexadecimal(into text: UnsafeMutableBufferPointer<CChar>) { digest.writeHexadecimal(into: text) }
}
