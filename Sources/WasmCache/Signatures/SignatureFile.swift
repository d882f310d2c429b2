/// A signature as a file holds it, in the form that minisign(1) and signify(1) verify.
///
///     untrusted comment: verify with ci.pub
///     base64 of: "Ed", the key's id (8 bytes), Ed25519 over the statement (64 bytes)
///     trusted comment: the statement
///     base64 of: Ed25519 over the signature and the trusted comment (64 bytes)
///
/// Source: minisign's and signify's manuals. Ours has all four lines. Two are enough, as signify writes them. The trusted comment
/// is for people and for minisign: a verifier of ours makes the statement itself, and believes nothing that it is told of it.
package struct SignatureFile {
  /// Bytes of the largest file that is read.
  package static let largest = 4096
  /// The end of a signature's name beside its entry.
  package static let suffix = ".minisig"

  static let algorithm = Array("Ed".utf8)
  static let trusted = "trusted comment: "
  private static let signatureSize = 64

  let key: KeyID
  let signature: [UInt8]

  static func isOne(_ text: [UInt8]) -> Bool { (try? SignatureFile(text)) != nil }

  init(_ text: [UInt8]) throws(SignatureFault) {
    guard text.count <= Self.largest else {
      throw .malformed(reason: "it has \(text.count) bytes, more than \(Self.largest)")
    }
    let parts: SignatureText
    do { parts = try SignatureText(text) } catch { throw .malformed(reason: error.reason) }
    guard parts.bytes.count == 2 + KeyID.size + Self.signatureSize else {
      throw .malformed(reason: "its second line has \(parts.bytes.count) bytes, not 74")
    }
    let algorithm = Array(parts.bytes.prefix(2))
    guard algorithm != Array("ED".utf8) else {
      throw .malformed(reason: "it signs a hash (ED), not the text itself: `minisign -S -l` signs that")
    }
    guard algorithm == Self.algorithm else { throw .malformed(reason: "it is not of the kind Ed") }
    if !parts.rest.isEmpty {
      guard parts.rest.count == 2, parts.rest[0].hasPrefix(Self.trusted),
        SignatureText.decode(parts.rest[1][...])?.count == Self.signatureSize
      else { throw .malformed(reason: "something else than a trusted comment follows its second line") }
    }
    key = KeyID(parts.bytes[2..<2 + KeyID.size])
    signature = Array(parts.bytes.suffix(Self.signatureSize))
  }
}
