package import Crypto
internal import WasmEngine

/// The identity of a module's contents: the SHA-256 of its bytes.
///
/// Written as 64 lowercase hexadecimal digits.
public struct WasmHash: Hashable, Sendable {
  let digest: Digest256

  init(_ digest: Digest256) { self.digest = digest }

  /// Hashes a module.
  public static func generate(_ module: some Sequence<UInt8>) -> WasmHash {
    WasmHash(Digest256(SHA256.hash(data: Array(module))))
  }

  /// The hash that finishing a running SHA-256 over a module gave.
  package init(_ digest: SHA256.Digest) { self.digest = Digest256(digest) }

  /// 64 lowercase hexadecimal digits.
  public func encode() -> String { digest.description }

  /// Reads what ``encode()`` wrote.
  public static func decode(_ text: String) throws(WasmHashError) -> WasmHash {
    guard text.utf8.count == 2 * Digest256.size else { throw .wrongLength(text.utf8.count) }
    guard let digest = Digest256(hex: text.utf8) else { throw .notHexadecimal(text) }
    return WasmHash(digest)
  }

  /// Its 32 bytes.
  package var bytes: [UInt8] { digest.bytes }

  /// 64 of its bits, evenly distributed.
  package var firstWord: UInt64 { digest.firstWord }

  /// A position for locks that stand for this module: 62 bits of the hash, so that it fits a file offset.
  package var lockOffset: Int64 { Int64(firstWord & (1 << 62 - 1)) }

  /// Reads a blob; nil unless it has the size of a hash.
  init?(blob bytes: UnsafeRawBufferPointer) {
    guard bytes.count == Digest256.size else { return nil }
    self.init(Digest256(reading: bytes))
  }

  var blob: [UInt8] { digest.bytes }
}

extension WasmHash: CustomStringConvertible {
  public var description: String { encode() }
}

/// Why a text is not the hash of a module.
public enum WasmHashError: Error, Hashable, Sendable {
  case wrongLength(Int)
  case notHexadecimal(String)
}

extension WasmHashError: CustomStringConvertible {
  public var description: String {
    switch self {
    case .wrongLength(let length): "a module hash has 64 hexadecimal digits, this has \(length) characters"
    case .notHexadecimal: "a module hash has only the digits 0-9 and a-f"
    }
  }
}
