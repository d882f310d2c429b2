import Crypto

/// What an artifact is good for: one build of one engine with one set of compiler settings.
///
/// Artifacts of equal identities are interchangeable; all others are kept apart in the cache.
public struct EngineIdentity: Hashable, Sendable {
  public let settings: EngineSettings
  public let compatibility: CompatibilityRecord
  /// The GNU build id of the engine library, or the SHA-256 of the whole file where it carries none.
  ///
  /// Recent releases write only their major version into the compatibility record, so without this a patch release
  /// that fixes a miscompilation would go on using the bad code.
  public let libraryBuild: [UInt8]
  /// SHA-256 over the backend, the compatibility record and the library's build.
  public let digest: [UInt8]

  package init(settings: EngineSettings, compatibility: CompatibilityRecord, libraryBuild: [UInt8]) {
    self.settings = settings
    self.compatibility = compatibility
    self.libraryBuild = libraryBuild
    // Each part carries a tag and its length, so that no two different inputs give the same bytes.
    var hash = SHA256()
    for (tag, part) in [
      ("backend", Array(settings.backend.rawValue.utf8)), ("record", compatibility.bytes), ("build", libraryBuild),
    ] {
      hash.update(data: Array("\(tag) \(part.count)\n".utf8))
      hash.update(data: part)
    }
    digest = Array(hash.finalize())
  }

  /// The first 64 bits of the digest, as names and messages show it.
  public var shortDigest: String { digest.prefix(8).hex }

  /// The name of the cache's directory for this identity: `cranelift-50-0123456789abcdef`.
  package var directoryName: String {
    "\(settings.backend.rawValue)-\(compatibility.version.filter { $0.isASCII && !"/\0".contains($0) })-\(shortDigest)"
  }
}

/// An engine's own account of what decides whether it will load an artifact: the ELF section `.wasmtime.engine`, with the
/// version, target, compiler flags, processor features, tunables and WebAssembly features.
public struct CompatibilityRecord: Hashable, Sendable {
  public let bytes: [UInt8]

  package static let sectionName = ".wasmtime.engine"

  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// Reads the record of an artifact; nil if it carries none.
  package init?(artifact: UnsafeRawBufferPointer) {
    guard let section = ELFFile(artifact)?.section(named: Self.sectionName), !section.isEmpty else { return nil }
    bytes = Array(section)
  }

  /// The release that the record names: `36.0.0`, or only `50` in recent releases.
  public var version: String { leadingStrings.first ?? "unknown" }

  /// The major version; nil if the record names none.
  var release: Int? { Int(version.prefix(while: \.isNumber)) }

  /// The target triple that the record names.
  public var target: String { leadingStrings.dropFirst().first ?? "unknown" }

  /// The record opens with a format byte and two strings of printable ASCII, each behind a length byte. That layout is
  /// the engine's own affair; where it differs nothing is lost but two words in messages.
  private var leadingStrings: [String] {
    var strings: [String] = []
    var rest = bytes.dropFirst()
    while strings.count < 2, let length = rest.popFirst(), rest.count >= length {
      let text = rest.prefix(Int(length))
      guard text.allSatisfy({ (0x21...0x7e).contains($0) && $0 != UInt8(ascii: "/") }) else { break }
      strings.append(String(decoding: text, as: UTF8.self))
      rest = rest.dropFirst(Int(length))
    }
    return strings
  }
}
