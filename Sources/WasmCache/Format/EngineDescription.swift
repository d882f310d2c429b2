internal import FoundationEssentials
internal import Glibc
internal import LinuxIO
internal import WasmEngine

/// The contents of `engine.json` about an identity: the truth about the directory that it lies in.
package struct EngineDescription: Codable, Hashable, Sendable {
  package struct Option: Codable, Hashable, Sendable {
    package var name: String
    package var value: String
  }

  /// The name of the artifacts' format.
  package var format: String
  /// The end of the entries' names.
  package var suffix: String
  package var backend: String
  package var version: String
  package var target: String
  /// The requested options that differ from the compiler's defaults.
  package var options: [Option]
  /// Hexadecimal: the engine library's GNU build id, or its SHA-256.
  package var build: String
  /// Hexadecimal: the compiler's own account of what decides whether an artifact is good.
  package var record: String
  /// How much of WebAssembly artifacts assume: `least` or `all`.
  package var features: String
  /// Hexadecimal: the SHA-256 that the directory's name starts.
  package var identity: String

  package init(_ identity: ArtifactIdentity) {
    format = identity.format.name
    suffix = identity.format.suffix
    backend = identity.backend.rawValue
    version = identity.version
    target = identity.target
    options = identity.wish.options.map { Option(name: $0.name, value: $0.value) }
    build = identity.build.hex
    record = identity.record.hex
    features = identity.features.rawValue
    self.identity = identity.digest.hex
  }

  /// The wish that the compiler was given.
  package var wish: CompileWish {
    CompileWish(
      backend: Backend(rawValue: backend), options: options.map { .init(name: $0.name, value: $0.value) })
  }

  /// The identity's digest, computed anew; nil if the description says another one.
  var provenIdentity: [UInt8]? {
    guard let record = [UInt8](hex: record.utf8), let build = [UInt8](hex: build.utf8) else { return nil }
    let digest = ArtifactIdentity.digest(backend: backend, record: record, build: build, features: features)
    return digest.hex == identity ? digest : nil
  }

  /// Whether artifacts that are filed here, and that hosts of an identity accept, are those that would be made for these hosts.
  package func serves(_ other: ArtifactIdentity) -> Bool {
    guard other.format.carriesRecord, format == other.format.name, suffix == other.format.suffix,
      backend == other.backend.rawValue, build == other.build.hex, features == other.features.rawValue,
      provenIdentity != nil, let record = [UInt8](hex: record.utf8)
    else { return false }
    return CompatibilityRecord(bytes: other.record).isNarrower(than: CompatibilityRecord(bytes: record))
  }

  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    // The value holds only strings, which always encode.
    guard let data = try? encoder.encode(self) else { return "{}\n" }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  /// Reads what was written into an engine's directory; nil if that is not there, says something else, or says what no
  /// writer of this format would.
  init?(in directory: borrowing Descriptor) {
    guard let file = try? directory.openRegularFile(CacheLayout.engineDescription, O_RDONLY) else {
      return nil
    }
    // The buffer is far larger than the file ever is.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { buffer.deallocate() }
    guard let size = try? file.read(into: buffer, at: 0), size < buffer.count,
      let description = try? JSONDecoder().decode(Self.self, from: Data(buffer[..<size])), description.isPlausible
    else { return nil }
    self = description
  }
}

// A cache that came from elsewhere says here how files are to be named, and what terminals are to show.
extension EngineDescription {
  /// The most bytes of any other text that is shown.
  private static let longestText = 256
  private static let mostOptions = 64

  /// Whether names can be made of it and its texts shown: an entry's name stays in its directory.
  private var isPlausible: Bool {
    ArtifactFormat.isSuffix(suffix) && !backend.utf8.contains(UInt8(ascii: "/")) && options.count <= Self.mostOptions
      && ([format, backend, version, target, features] + options.flatMap { [$0.name, $0.value] }).allSatisfy(isShowable)
  }

  private func isShowable(_ text: String) -> Bool {
    text.utf8.count <= Self.longestText && !text.unicodeScalars.contains { $0.properties.generalCategory == .control }
  }
}
