/// An artifact that was made for some hosts, and that an entry for others stands for now, too.
package struct AdoptedArtifact: Sendable {
  package let digest: ArtifactDigest
  /// Bytes.
  package let size: Int
  /// The file of the entry's signature; empty for none.
  package let signature: [UInt8]
}

extension EngineWriter {
  /// Makes a module's entry point at an artifact that the cache has for other hosts, if there is one that this identity's hosts
  /// accept and that is what would be made for them.
  ///
  /// - Parameter isWanted: asked of an artifact whether it may be used.
  /// - Returns: nil if there is none.
  package func adopt(
    _ module: WasmHash, if isWanted: (ArtifactDigest) -> Bool = { _ in true }
  ) throws(CacheError) -> AdoptedArtifact? {
    for name in serving {
      guard let found = reader.artifact(of: module, filedIn: name), isWanted(found.digest) else { continue }
      try describe()
      let signature = try publisher.stageSignature(of: ArtifactStatement(reader.identity, module, found.digest))
      let isThere = try publisher.publishLink(
        to: found.digest, signature, entry: reader.entryName(module), in: directory.descriptor,
        path: reader.entryPath(module))
      if isThere {
        return AdoptedArtifact(digest: found.digest, size: found.size, signature: signature?.text ?? [])
      }
    }
    return nil
  }
}
