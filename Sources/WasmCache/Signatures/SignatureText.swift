internal import FoundationEssentials

/// The text that minisign(1) and signify(1) keep keys and signatures in: a comment that nothing proves, and a line of base64.
///
/// It is read strictly: whatever a tool makes is accepted, and nothing that somebody added to it.
struct SignatureText {
  /// The rest of the first line.
  let comment: String
  /// The bytes of the second line.
  let bytes: [UInt8]
  /// Further lines.
  let rest: [String]

  static let untrusted = "untrusted comment: "
  /// Source: signify's COMMENTMAXLEN.
  private static let longestLine = 1024

  /// - Throws: why it is no such text, as it follows "the file".
  init(_ text: [UInt8]) throws(SignatureTextFault) {
    if text.contains(UInt8(ascii: "\r")) { throw SignatureTextFault("its lines end as those of Windows do") }
    guard text.last == UInt8(ascii: "\n") else { throw SignatureTextFault("it does not end with a whole line") }
    guard let text = String(validating: text, as: UTF8.self) else { throw SignatureTextFault("it is not text") }
    let lines = text.dropLast().split(separator: "\n", omittingEmptySubsequences: false)
    guard lines.allSatisfy({ $0.utf8.count <= Self.longestLine }) else {
      throw SignatureTextFault("it has a line of more than \(Self.longestLine) bytes")
    }
    guard lines[0].hasPrefix(Self.untrusted) else {
      throw SignatureTextFault("its first line does not begin with `\(Self.untrusted)`")
    }
    guard lines.count >= 2, let bytes = Self.decode(lines[1]) else {
      throw SignatureTextFault("its second line is not base64")
    }
    comment = String(lines[0].dropFirst(Self.untrusted.count))
    self.bytes = bytes
    rest = lines.dropFirst(2).map(String.init)
  }

  /// Decodes base64 that is written in the one way in which an encoder writes it.
  static func decode(_ text: Substring) -> [UInt8]? {
    guard !text.isEmpty, let data = Data(base64Encoded: String(text)), data.base64EncodedString() == text else {
      return nil
    }
    return Array(data)
  }

  static func encode(_ bytes: [UInt8]) -> String { Data(bytes).base64EncodedString() }

  /// A file of a comment and some bytes.
  static func file(_ comment: String, _ bytes: [UInt8]) -> String { "\(untrusted)\(comment)\n\(encode(bytes))\n" }
}

/// Why a file is no key, or no signature.
struct SignatureTextFault: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }
}

/// The number that tells keys apart, so that a verifier need not try each. It proves nothing.
package struct KeyID: Hashable, Sendable, CustomStringConvertible {
  static let size = 8

  let bytes: [UInt8]

  init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }

  static func random() -> KeyID { KeyID((0..<size).map { _ in UInt8.random(in: .min ... .max) }) }

  /// As minisign(1) shows it: a number whose first byte is the lowest.
  package var description: String {
    bytes.reversed().map { ($0 < 16 ? "0" : "") + String($0, radix: 16, uppercase: true) }.joined()
  }
}
