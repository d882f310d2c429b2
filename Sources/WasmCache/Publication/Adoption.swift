internal import LinuxIO
internal import Synchronization
internal import SystemPackage

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
  /// The other entry stands for the same bytes, so they are on the disk.
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
      let isThere = try publisher.publishEntry(
        reader.entryName(module), to: found.digest, signature, in: directory.descriptor, reader.entryPath(module))
      if isThere {
        return AdoptedArtifact(digest: found.digest, size: found.size, signature: signature?.text ?? [])
      }
    }
    return nil
  }
}

extension Publisher {
  /// Makes an entry point at an object that has an entry already.
  ///
  /// - Parameter path: the entry's, for messages.
  /// - Returns: false if the object is gone, because another process made room meanwhile.
  fileprivate func publishEntry(
    _ entry: String, to digest: ArtifactDigest, _ signature: StagedSignature?, in engine: borrowing Descriptor,
    _ path: @autoclosure () -> FilePath
  ) throws(CacheError) -> Bool {
    let object = CacheLayout.objectName(digest)
    do throws(SystemError) {
      try signature?.file.synchronize()
      try cache.whilePublishing(unless: isOver) {
        Result { () throws(SystemError) in
          _ = try cache.objects.status(of: "\(object.directory)/\(object.file)")
          // Before the entry, so that who sees the entry finds it signed.
          try signature?.file.publish(in: engine, as: entry + SignatureFile.suffix)
          try staging.publishLink(to: CacheLayout.entryTarget(digest), in: engine, as: entry)
        }
      }.get()
    } catch let error where error.errno == .noSuchFileOrDirectory {
      return false
    } catch {
      throw CacheError(path(), "publish", error)
    }
    touched.withLock { _ = $0.insert(object.directory) }
    return true
  }
}
