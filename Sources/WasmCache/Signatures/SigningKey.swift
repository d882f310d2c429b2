internal import Crypto
internal import FoundationEssentials
package import SystemPackage

/// A secret key, which signs.
///
/// Ours are kept as signify(1) keeps keys without a password, so that `signify-openbsd -S` signs with them, too. Those of
/// `minisign -G -W` are read as well. minisign proves its file by BLAKE2b, which swift-crypto does not have. The public half,
/// which both kinds hold, proves as much.
package struct SigningKey: Sendable {
  /// The name of the public key's file, which signatures tell people to verify with.
  let publicName: String
  let id: KeyID
  private let seed: [UInt8]
  private let point: [UInt8]
  private let path: FilePath

  private static let seedSize = 32

  /// Makes a new pair.
  ///
  /// - Parameter name: the names of its files, without `.pub` and `.sec`.
  package init(generating name: String) {
    let key = Curve25519.Signing.PrivateKey()
    self.init(
      path: FilePath(name + Self.suffix), id: .random(), seed: Array(key.rawRepresentation),
      point: Array(key.publicKey.rawRepresentation))
  }

  package static let suffix = ".sec"
  package static let publicSuffix = ".pub"

  private init(path: FilePath, id: KeyID, seed: [UInt8], point: [UInt8]) {
    self.path = path
    self.id = id
    self.seed = seed
    self.point = point
    publicName = (path.stem ?? path.string) + Self.publicSuffix
  }

  /// Reads a file. Nobody else may be able to read it.
  package init(reading path: FilePath) throws(KeyError) {
    let (text, objection) = try KeyFile.readSecret(path)
    // What is no secret key may be read by everybody, and is named as that.
    try self.init(text: text, name: path)
    if let objection { throw objection }
  }

  package init(text: [UInt8], name: FilePath) throws(KeyError) {
    func refusal(_ reason: String) -> KeyError { KeyError(path: name, reason: "is not a secret key: \(reason)") }
    let parts: SignatureText
    do { parts = try SignatureText(text) } catch { throw refusal(error.reason) }
    guard parts.rest.isEmpty else { throw refusal("it has more than two lines") }
    let layout: SecretKeyLayout
    switch parts.bytes.count {
    case SecretKeyLayout.signify.size: layout = .signify
    case SecretKeyLayout.minisign.size: layout = .minisign
    case 2 + KeyID.size + Self.seedSize:
      throw refusal("it is a public one: name the file beside it that is kept secret")
    case let count: throw refusal("its second line has \(count) bytes, not 104 (signify) or 158 (minisign)")
    }
    guard parts.bytes.starts(with: SignatureFile.algorithm) else { throw refusal("it is not of the kind Ed") }
    guard layout.isWithoutPassword(parts.bytes) else {
      throw KeyError(
        path: name,
        reason:
          "has a password, which nobody can be asked for here: take a key without (`wasmprecompile keys generate`)")
    }
    let secret = layout.secret(parts.bytes)
    let seed = Array(secret.prefix(Self.seedSize))
    let point = Array(secret.suffix(Self.seedSize))
    guard let key = try? Curve25519.Signing.PrivateKey(rawRepresentation: seed),
      Array(key.publicKey.rawRepresentation) == point
    else { throw refusal("its two halves do not belong together: it is damaged") }
    self.init(path: name, id: layout.id(parts.bytes), seed: seed, point: point)
  }

  package var verificationKey: VerificationKey { VerificationKey(name: publicName, id: id, point: point) }

  /// The text of its file, as signify(1) reads it.
  package var text: String {
    let secret = seed + point
    let check = Array(SHA512.hash(data: secret)).prefix(8)
    // "BK" is the way from a password to a key; it is gone 0 times, with a salt that then means nothing.
    let head = SignatureFile.algorithm + Array("BK".utf8) + [0, 0, 0, 0] + [UInt8](repeating: 0, count: 16)
    return SignatureText.file("\(path.stem ?? "") secret key", head + check + id.bytes + secret)
  }

  /// Signs a statement.
  ///
  /// - Returns: the whole signature file. It is the same each time.
  package func sign(_ statement: ArtifactStatement) throws(KeyError) -> [UInt8] {
    let signature = try sign(statement.bytes)
    let comment = String(statement.text.dropLast())
    let global = try sign(signature + Array(comment.utf8))
    let text =
      SignatureText.file("verify with \(publicName)", SignatureFile.algorithm + id.bytes + signature)
      + "\(SignatureFile.trusted)\(comment)\n\(SignatureText.encode(global))\n"
    return Array(text.utf8)
  }

  /// The bare signature of some bytes.
  package func sign(_ bytes: [UInt8]) throws(KeyError) -> [UInt8] {
    do { return Array(try Curve25519.Signing.PrivateKey(rawRepresentation: seed).signature(for: bytes)) } catch {
      throw KeyError(path: path, reason: "cannot sign: \(error)")
    }
  }
}
