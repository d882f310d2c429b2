/// The name of an identity's directory: `<backend>-<version>-<16 hex>`.
///
/// It is for people; `engine.json` in the directory is what counts. A backend's name may have dashes (`wasmer-llvm`), so
/// the name is read from its end, and no version has a dash.
package struct EngineDirectoryName: Hashable, Sendable {
  package let backend: String
  package let version: String
  /// The first 16 hexadecimal digits of the identity's digest.
  package let shortIdentity: String

  package init(backend: String, version: String, shortIdentity: String) {
    self.backend = backend
    self.version = String(version.map { Self.isForVersions($0) ? $0 : "_" })
    self.shortIdentity = shortIdentity
  }

  /// Reads what ``text`` wrote; nil for any other name.
  package init?(_ text: String) {
    let parts = text.split(separator: "-", omittingEmptySubsequences: false)
    guard parts.count >= 3, let identity = parts.last, identity.utf8.count == 16,
      identity.utf8.allSatisfy({ (0x30...0x39).contains($0) || (0x61...0x66).contains($0) })
    else { return nil }
    let version = parts[parts.count - 2]
    let backend = parts.dropLast(2).joined(separator: "-")
    guard !version.isEmpty, version.allSatisfy(Self.isForVersions), !backend.isEmpty else { return nil }
    self.backend = backend
    self.version = String(version)
    shortIdentity = String(identity)
  }

  package var text: String { "\(backend)-\(version)-\(shortIdentity)" }

  private static func isForVersions(_ character: Character) -> Bool {
    character.isASCII && (character.isLetter || character.isNumber || "._+".contains(character))
  }
}
