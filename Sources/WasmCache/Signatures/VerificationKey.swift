internal import Crypto
internal import FoundationEssentials
package import SystemPackage

/// A public key: signatures by it are believed.
package struct VerificationKey: Hashable, Sendable {
  /// Its file's name, by which messages speak of it.
  package let name: String
  package let id: KeyID
  /// The 32 bytes of the point.
  let point: [UInt8]

  private static let size = 32

  /// Reads the text of `minisign.pub`, or of a `.pub` of signify's.
  package init(text: [UInt8], name: FilePath) throws(KeyError) {
    func refusal(_ reason: String) -> KeyError { KeyError(path: name, reason: "is not a public key: \(reason)") }
    let parts: SignatureText
    do { parts = try SignatureText(text) } catch { throw refusal(error.reason) }
    guard parts.rest.isEmpty else { throw refusal("it has more than two lines") }
    if SecretKeyLayout.isSecret(parts.bytes) {
      throw refusal("it is a secret one, which nobody else needs: name the file beside it that ends in .pub")
    }
    guard parts.bytes.count == 2 + KeyID.size + Self.size else {
      throw refusal("its second line has \(parts.bytes.count) bytes, not 42")
    }
    guard parts.bytes.starts(with: SignatureFile.algorithm) else { throw refusal("it is not of the kind Ed") }
    self.init(
      name: name.lastComponent?.string ?? name.string, id: KeyID(parts.bytes[2..<2 + KeyID.size]),
      point: Array(parts.bytes.suffix(Self.size)))
  }

  /// Reads a file. Nobody else may be able to put another key in its place.
  package init(reading path: FilePath, trust: CacheTrust = .owner) throws(KeyError) {
    try self.init(text: KeyFile.read(path, trust: trust), name: path)
  }

  init(name: String, id: KeyID, point: [UInt8]) {
    self.name = name
    self.id = id
    self.point = point
  }

  /// The text of its file.
  package var text: String {
    SignatureText.file("\(name) public key \(id)", SignatureFile.algorithm + id.bytes + point)
  }

  /// Whether a signature of some bytes is by this key.
  func hasSigned(_ bytes: [UInt8], _ signature: [UInt8]) -> Bool {
    guard let key = try? Curve25519.Signing.PublicKey(rawRepresentation: point) else { return false }
    return key.isValidSignature(signature, for: bytes)
  }
}

/// The public keys whose signatures are believed, of which one is enough: several are for the time in which a key is replaced.
package struct TrustedKeys: Hashable, Sendable {
  package let keys: [VerificationKey]

  package init(_ keys: [VerificationKey]) { self.keys = keys }

  /// Reads the keys' files.
  package init(reading paths: [FilePath], trust: CacheTrust = .owner) throws(KeyError) {
    var keys: [VerificationKey] = []
    for path in paths { keys.append(try VerificationKey(reading: path, trust: trust)) }
    self.init(keys)
  }

  /// No signature is asked for.
  package static let none = TrustedKeys([])

  package var isEmpty: Bool { keys.isEmpty }

  /// A text that is the same for the same keys, whatever their names and order.
  var fingerprint: String { Set(keys.map { SignatureText.encode($0.point) }).sorted().joined(separator: " ") }

  /// Checks a signature.
  ///
  /// - Parameters:
  ///   - file: the whole signature file.
  ///   - statement: made of what was asked for and what was got.
  /// - Returns: who signed it.
  package func verify(
    _ file: [UInt8], of statement: ArtifactStatement
  ) throws(SignatureFault) -> VerificationKey {
    let file = try SignatureFile(file)
    let candidates = keys.filter { $0.id == file.key }
    guard let first = candidates.first else { throw .unknownKey(id: "\(file.key)") }
    guard let signer = candidates.first(where: { $0.hasSigned(statement.bytes, file.signature) }) else {
      throw .wrong(key: first.name)
    }
    return signer
  }
}
