internal import FoundationEssentials
internal import Glibc
internal import LinuxIO
internal import WasmEngine

/// What `engine.json` says of an engine identity, for people who look into the cache.
package struct EngineDescription: Codable, Hashable, Sendable {
  package var backend: String
  package var optimization: String
  package var cpu: String
  package var version: String
  package var target: String
  /// Hexadecimal: the engine library's GNU build id, or its SHA-256.
  package var libraryBuild: String
  /// Hexadecimal: the engine's compatibility record.
  package var compatibilityRecord: String
  /// Hexadecimal: the SHA-256 that the directory's name starts.
  package var identity: String

  init(_ identity: EngineIdentity) {
    backend = identity.settings.backend.rawValue
    optimization = identity.settings.optimization.rawValue
    cpu = identity.settings.cpu.rawValue
    version = identity.compatibility.version
    target = identity.compatibility.target
    libraryBuild = identity.libraryBuild.hex
    compatibilityRecord = identity.compatibility.bytes.hex
    self.identity = identity.digest.hex
  }

  var json: String {
    let encoder = JSONEncoder()
    encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
    // Only strings, which always encode.
    guard let data = try? encoder.encode(self) else { return "{}\n" }
    return String(decoding: data, as: UTF8.self) + "\n"
  }

  /// Reads what was written into an engine's directory; nil if that is not there or says something else.
  init?(in directory: borrowing Descriptor) {
    guard let file = try? directory.open(CacheLayout.engineDescription, O_RDONLY | O_NOFOLLOW | O_NONBLOCK) else {
      return nil
    }
    // Far more than it ever has.
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 16, alignment: 1)
    defer { buffer.deallocate() }
    guard let size = try? file.read(into: buffer, at: 0), size < buffer.count,
      let description = try? JSONDecoder().decode(Self.self, from: Data(buffer[..<size]))
    else { return nil }
    self = description
  }
}
