internal import Crypto
internal import Glibc
package import LinuxIO
internal import SystemPackage

/// An artifact of the cache, opened: what its entry stands for stays the same whatever happens to the entry.
package struct StoredArtifact: ~Copyable {
  /// What its bytes must hash to.
  package let digest: ArtifactDigest
  package let file: Descriptor
  /// Bytes.
  package let size: Int
}

extension ArtifactDigest {
  /// Hashes a file from its start to its end.
  package init(hashing file: borrowing Descriptor) throws(SystemError) {
    var hash = SHA256()
    try file.forEachBlock { hash.update(bufferPointer: $0) }
    self.init(hash.finalize())
  }
}

extension EngineDirectory {
  /// The digest of the artifact that a module's entry stands for; nil if there is no entry.
  package func artifactDigest(_ module: WasmHash) -> ArtifactDigest? {
    (try? cache.engines.symbolicLinkTarget("\(name)/\(CacheLayout.entryName(module))"))
      .flatMap { CacheLayout.digest(ofTarget: $0) }
  }

  /// Opens the artifact that a module's entry stands for.
  package func openArtifact(_ module: WasmHash) throws(CacheError) -> StoredArtifact {
    guard let digest = artifactDigest(module) else {
      throw .io(entryPath(module), operation: "open the artifact", reason: "no such entry")
    }
    let object = CacheLayout.objectName(digest)
    do throws(SystemError) {
      let file = try cache.objects.open("\(object.directory)/\(object.file)", O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      let status = try file.status()
      guard status.kind == .regular else { throw SystemError("open", .invalidArgument) }
      return StoredArtifact(digest: digest, file: file, size: status.size)
    } catch {
      throw CacheError(entryPath(module), "open the artifact", error)
    }
  }
}
