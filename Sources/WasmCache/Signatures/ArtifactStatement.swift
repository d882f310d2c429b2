internal import WasmEngine

/// What is signed: that some bytes are the artifact of a module, for one identity.
///
/// It is one line as `sha256sum` and BSD's tools write them, so that signify(1) can check it without us:
///
///     SHA256 (cranelift-50-<identity, 64 hex>/<module, 64 hex>.cwasm) = <artifact, 64 hex>
///
/// A verifier makes the line anew of what it asked for and what it got. So a signature that was moved from another module,
/// another identity or another artifact is one of another line.
package struct ArtifactStatement: Hashable, Sendable {
  /// The line, with the newline at its end.
  package let text: String

  package init(_ identity: ArtifactIdentity, _ module: WasmHash, _ artifact: ArtifactDigest) {
    self.init(
      backend: identity.backend.rawValue, version: identity.version, identity: identity.digest.hex, module,
      suffix: identity.format.suffix, artifact)
  }

  /// - Returns: nil if the description's identity is not the digest of its parts: it is what a signature stands for.
  init?(_ description: EngineDescription, _ module: WasmHash, _ artifact: ArtifactDigest) {
    guard let identity = description.provenIdentity else { return nil }
    self.init(
      backend: description.backend, version: description.version, identity: identity.hex, module,
      suffix: description.suffix, artifact)
  }

  private init(
    backend: String, version: String, identity: String, _ module: WasmHash, suffix: String, _ artifact: ArtifactDigest
  ) {
    let directory = EngineDirectoryName(backend: backend, version: version, shortIdentity: identity).text
    text = "SHA256 (\(directory)/\(CacheLayout.entryName(module, suffix: suffix))) = \(artifact)\n"
  }

  var bytes: [UInt8] { Array(text.utf8) }
}
