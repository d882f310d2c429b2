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
  /// Hexadecimal: the SHA-256 that the directory's name starts.
  package var identity: String

  init(_ identity: ArtifactIdentity) {
    format = identity.format.name
    suffix = identity.format.suffix
    backend = identity.backend.rawValue
    version = identity.version
    target = identity.target
    options = identity.wish.options.map { Option(name: $0.name, value: $0.value) }
    build = identity.build.hex
    record = identity.record.hex
    self.identity = identity.digest.hex
  }

  /// The wish that the compiler was given.
  package var wish: CompileWish {
    CompileWish(
      backend: Backend(rawValue: backend), options: options.map { .init(name: $0.name, value: $0.value) })
  }

  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    // The value holds only strings, which always encode.
    guard let data = try? encoder.encode(self) else { return "{}\n" }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  /// Reads what was written into an engine's directory; nil if that is not there or says something else.
  init?(in directory: borrowing Descriptor) {
    guard let file = try? directory.open(CacheLayout.engineDescription, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else {
      return nil
    }
    // The buffer is far larger than the file ever is.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { buffer.deallocate() }
    guard let size = try? file.read(into: buffer, at: 0), size < buffer.count,
      let description = try? JSONDecoder().decode(Self.self, from: Data(buffer[..<size]))
    else { return nil }
    self = description
  }
}
