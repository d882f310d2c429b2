/// An engine's own account of what decides whether it will load an artifact: the ELF section `.wasmtime.engine`, with the
/// version, target, compiler flags, processor features, tunables and WebAssembly features.
public struct CompatibilityRecord: Hashable, Sendable {
  public let bytes: [UInt8]

  package static let sectionName = ".wasmtime.engine"

  /// Bytes; engines' have about a thousand.
  private static let largest = 1 << 14

  package init(bytes: [UInt8]) { self.bytes = bytes }

  /// Reads the record of an artifact; nil if it carries none.
  package init?(artifact: UnsafeRawBufferPointer) {
    guard let section = ELFFile(artifact)?.section(named: Self.sectionName), !section.isEmpty,
      section.count <= Self.largest
    else { return nil }
    bytes = Array(section)
  }

  /// The release that the record names: `36.0.0`, or only `50` in recent releases.
  public var version: String { leadingStrings.first ?? "unknown" }

  /// The major version; nil if the record names none.
  var release: Int? { Int(version.prefix(while: \.isNumber)) }

  /// The target triple that the record names.
  public var target: String { leadingStrings.dropFirst().first ?? "unknown" }

  /// Whether engines of a release load an artifact that has less of WebAssembly than they. Releases before 37 refuse it
  /// ("compiled without … support but it is enabled for the host"), measured with 24, 36, 37 and those after them.
  static func acceptsFewerFeatures(_ release: Int?) -> Bool { (release ?? 0) >= 37 }

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
