internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

extension EntryVerifier {
  /// One engine's part of the cache.
  struct Engine {
    let path: FilePath
    /// What its artifacts are known by.
    let judge: Result<ArtifactJudge, NoRecord>
    /// The end of its entries' names.
    let suffix: String
    /// The artifacts that it made of modules, from the catalog.
    let compiled: [WasmHash: ArtifactDigest]

    init(path: FilePath, _ description: EngineDescription?, _ all: [[UInt8]: [WasmHash: ArtifactDigest]]) {
      self.path = path
      suffix = description?.suffix ?? ArtifactFormat.wasmtime.suffix
      judge = Self.judge(description)
      let identity = description.flatMap { [UInt8](hex: $0.identity.utf8) }
      // A directory's name starts the digest of its identity.
      let isItsOwn = identity.map { path.lastComponent?.string.hasSuffix("-\($0.prefix(8).hex)") ?? false } ?? false
      compiled = isItsOwn ? identity.flatMap { all[$0] } ?? [:] : [:]
    }

    var name: String { path.lastComponent?.string ?? "" }

    private static func judge(_ description: EngineDescription?) -> Result<ArtifactJudge, NoRecord> {
      guard let description else {
        return .failure(NoRecord(reason: "\(CacheLayout.engineDescription) is missing or cannot be read"))
      }
      // Artifacts of other formats carry no record: their digests alone prove them.
      guard description.format == ArtifactFormat.wasmtime.name else { return .success(.digestAlone) }
      guard let bytes = [UInt8](hex: description.record.utf8) else {
        return .failure(NoRecord(reason: "the record in \(CacheLayout.engineDescription) is not hexadecimal"))
      }
      return .success(.record(CompatibilityRecord(bytes: bytes)))
    }
  }

  /// What tells an engine's artifacts from other bytes.
  enum ArtifactJudge {
    /// The record of the hosts that they are good for.
    case record(CompatibilityRecord)
    case digestAlone

    /// - Parameter record: the artifact's; nil if it has none.
    func accepts(_ record: CompatibilityRecord?) -> Bool {
      switch self {
      case .record(let host): record.map { host.covers($0) } ?? false
      case .digestAlone: true
      }
    }
  }

  /// Why it is not known what an engine's artifacts look like.
  struct NoRecord: Error {
    let reason: String
  }

  struct Entry {
    let module: WasmHash
    let name: String
    let path: FilePath
    /// The link or file that was seen; nil if there was none.
    let seen: FileIdentity?
  }

  struct StoredObject {
    /// Nil if it carries none.
    let record: CompatibilityRecord?
    /// Bytes.
    let size: Int
  }
}
