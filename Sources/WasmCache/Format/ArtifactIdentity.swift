internal import Crypto
package import WasmEngine

/// The identity that an artifact is filed under: one build of one compiler, asked for one thing.
///
/// Artifacts of equal identities are interchangeable; all others are kept apart in the cache.
package struct ArtifactIdentity: Hashable, Sendable {
  package let format: ArtifactFormat
  package let wish: CompileWish
  /// The compiler's release as names and messages show it: `36.0.0`, or only `50`.
  package let version: String
  /// The target triple that the code is for.
  package let target: String
  /// The compiler's own account of the hosts that artifacts are good for: for libwasmtime the ELF section
  /// `.wasmtime.engine`, with version, target, compiler flags, processor features, tunables and WebAssembly features. An
  /// artifact's own record may say less (``ArtifactFormat``).
  package let record: [UInt8]
  /// The bytes that tell this build of the compiler from others: libwasmtime's GNU build id, or its file's SHA-256.
  ///
  /// Recent releases write only their major version into the record. A patch release that fixes a miscompilation would go
  /// on using the bad code without this.
  package let build: [UInt8]
  /// How much of WebAssembly artifacts assume of their host. It is not in the record, which is the host's.
  package let features: FeaturePolicy
  /// SHA-256 over backend, record, build and features.
  package let digest: [UInt8]

  package init(
    format: ArtifactFormat, wish: CompileWish, version: String, target: String, record: [UInt8], build: [UInt8],
    features: FeaturePolicy = .least
  ) {
    self.format = format
    self.wish = wish
    self.version = version
    self.target = target
    self.record = record
    self.build = build
    self.features = features
    digest = Self.digest(
      backend: wish.backend.rawValue, record: record, build: build, features: features.rawValue)
  }

  /// SHA-256 over the parts. Each carries a tag and its length, so that no two different inputs give the same bytes.
  static func digest(backend: String, record: [UInt8], build: [UInt8], features: String) -> [UInt8] {
    var hash = SHA256()
    let parts = [
      ("backend", Array(backend.utf8)), ("record", record), ("build", build), ("features", Array(features.utf8)),
    ]
    for (tag, part) in parts {
      hash.update(data: Array("\(tag) \(part.count)\n".utf8))
      hash.update(data: part)
    }
    return Array(hash.finalize())
  }

  package var backend: Backend { wish.backend }

  /// The first 64 bits of the digest, as names and messages show it.
  package var shortDigest: String { digest.prefix(8).hex }

  /// The compiler as messages name it: `wasmtime 50`.
  package var compiler: String { "\(format.name) \(version)" }

  /// The name of the cache's directory for this identity: `cranelift-50-0123456789abcdef`.
  package var directoryName: String {
    EngineDirectoryName(backend: backend.rawValue, version: version, shortIdentity: shortDigest).text
  }

  /// Whether some bytes may be filed under this identity.
  package func accepts(_ artifact: UnsafeRawBufferPointer) -> Bool { format.accepts(artifact, record: record) }
}

extension ArtifactIdentity {
  /// The identity of artifacts for the same hosts, of which some are too new or too bare for others.
  package func with(_ features: FeaturePolicy) -> ArtifactIdentity {
    if features == self.features { return self }
    let options = wish.options.filter { $0.name != CompileWish.featuresOption }
    let own: [CompileWish.Option] =
      features == .least ? [] : [.init(name: CompileWish.featuresOption, value: features.rawValue)]
    return ArtifactIdentity(
      format: format, wish: CompileWish(backend: backend, options: options + own), version: version, target: target,
      record: record, build: build, features: features)
  }

  /// The identity of a libwasmtime's artifacts.
  package init(settings: EngineSettings, compatibility: CompatibilityRecord, libraryBuild: [UInt8]) {
    self.init(
      format: .wasmtime, wish: settings.wish, version: compatibility.version, target: compatibility.target,
      record: compatibility.bytes, build: libraryBuild, features: settings.features)
  }
}
