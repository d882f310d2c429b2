internal import FoundationEssentials
internal import WasmEngine

/// What `engine.json` says of an engine identity, for people who look into the cache.
struct EngineDescription: Codable {
  var backend: String
  var optimization: String
  var cpu: String
  var version: String
  var target: String
  /// Hexadecimal: the engine library's GNU build id, or its SHA-256.
  var libraryBuild: String
  /// Hexadecimal: the engine's compatibility record.
  var compatibilityRecord: String
  /// Hexadecimal: the SHA-256 that the directory's name starts.
  var identity: String

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
}
