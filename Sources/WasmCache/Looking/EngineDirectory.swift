internal import Glibc
package import LinuxIO
internal import Synchronization
package import SystemPackage

/// The part of the cache that is good for one engine identity, for looking up; it need not exist yet.
package final class EngineDirectory: Sendable {
  package let identity: ArtifactIdentity
  package let cache: CacheDirectory
  let name: String
  /// The cache's other directories that tell something, once they were asked for.
  private let relatives = Mutex<EngineRelatives?>(nil)
  private let judge: ObjectJudge
  /// Whether the entries were lost in copying the cache, once that was asked.
  private let hasLostEntries = Mutex<Bool?>(nil)

  package init(_ identity: ArtifactIdentity, in cache: CacheDirectory) {
    self.identity = identity
    self.cache = cache
    name = identity.directoryName
    judge = ObjectJudge(identity)
  }

  package var path: FilePath { cache.base.appending(CacheLayout.engines).appending(name) }

  /// The path that any runtime can open to have the module's artifact.
  package func entryPath(_ module: WasmHash) -> FilePath { path.appending(entryName(module)) }

  func entryName(_ module: WasmHash) -> String { CacheLayout.entryName(module, suffix: identity.format.suffix) }

  /// The entry's place below the cache's directory of engines.
  func entryPlace(_ module: WasmHash) -> String { "\(name)/\(entryName(module))" }

  /// The digest of the artifact that a module's entry stands for; nil if there is no entry.
  package func artifactDigest(_ module: WasmHash) -> ArtifactDigest? {
    (try? cache.engines.symbolicLinkTarget(entryPlace(module)))
      .flatMap { CacheLayout.digest(ofTarget: $0) }
  }

  /// Opens an artifact by its digest, for another process to read; nil if it is gone.
  package func openArtifact(_ digest: ArtifactDigest) -> Descriptor? {
    let name = CacheLayout.objectName(digest)
    return try? cache.objects.openRegularFile("\(name.directory)/\(name.file)", O_RDONLY)
  }

  /// The file that a module's entry leads to; nil if there is none.
  package func objectIdentity(_ module: WasmHash) -> FileIdentity? {
    guard let name = artifactDigest(module).map(CacheLayout.objectName) else { return nil }
    return (try? cache.objects.status(of: "\(name.directory)/\(name.file)"))?.stamp.identity
  }

  /// The cache's answer about a module: a few system calls when it has it.
  ///
  /// An entry that is anything but a link to an object is none. The directory is named each time instead of being held
  /// open, because another process may be about to make it.
  package func lookUp(_ module: WasmHash) -> Lookup {
    let target: [UInt8]
    do throws(SystemError) {
      target = try cache.engines.symbolicLinkTarget(entryPlace(module))
    } catch {
      return .absent(
        error.errno == .invalidArgument ? reasonForEntryWithoutLink(module) : reasonForMissingEntry(module))
    }
    guard let digest = CacheLayout.digest(ofTarget: target) else { return .absent(.artifactCorrupt) }
    return lookUp(digest)
  }

  private func lookUp(_ digest: ArtifactDigest) -> Lookup {
    let object = CacheLayout.objectName(digest)
    guard let status = try? cache.objects.status(of: "\(object.directory)/\(object.file)") else {
      return .absent(cache.isSetAside(digest) ? .artifactCorrupt : .evicted)
    }
    // Another user may change the artifact while it runs.
    guard status.kind == .regular, cache.trust.objection(to: status) == nil else { return .absent(.artifactCorrupt) }
    return judge.fault(of: digest, size: status.size, in: cache).map { .absent($0) } ?? .present(size: status.size)
  }

  /// An artifact that another of the cache's directories has of a module, and that this identity's hosts accept.
  func artifact(of module: WasmHash, filedIn other: String) -> (digest: ArtifactDigest, size: Int)? {
    guard let target = try? cache.engines.symbolicLinkTarget("\(other)/\(entryName(module))"),
      let digest = CacheLayout.digest(ofTarget: target), (try? requireTrusted(digest)) != nil,
      case .present(let size) = lookUp(digest)
    else { return nil }
    return (digest, size)
  }

  /// The names of the cache's directories whose artifacts may be what would be made for this identity.
  ///
  /// - Parameter others: identities whose directories may be about to be made.
  func serving(among others: [ArtifactIdentity]) -> [String] {
    let found = knownRelatives.serving
    let others = others.filter { EngineDescription($0).serves(identity) }.map(\.directoryName)
    return found + others.filter { !found.contains($0) }
  }

  /// Removes an entry that leads to an artifact which its engine would refuse, as far as that is possible. The artifact may be
  /// good for another.
  func removeEntry(_ module: WasmHash, of digest: ArtifactDigest) {
    // Another process may have put a good one in its place.
    guard !cache.isLower, artifactDigest(module) == digest else { return }
    try? cache.engines.remove(entryPlace(module))
    try? cache.engines.remove(entryPlace(module) + SignatureFile.suffix)
  }

  /// Throws if another user may make its entries name anything.
  package func requireTrusted() throws(CacheError) {
    // The directory may not exist yet.
    if let status = try? cache.engines.status(of: name) { try cache.trust.require(status, path) }
  }

  /// Throws if there are entries that this user may not look at.
  package func requireReadable() throws(CacheError) {
    do throws(SystemError) {
      try cache.engines.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).checkAccess(R_OK | X_OK)
    } catch {
      if error.errno != .noSuchFileOrDirectory { throw CacheError(path, "open the cache directory", error) }
    }
  }

  /// Throws if there is an artifact that this user may not look at.
  package func requireReadable(_ module: WasmHash) throws(CacheError) {
    guard let digest = artifactDigest(module) else { return }
    let object = CacheLayout.objectName(digest)
    do throws(SystemError) { _ = try cache.objects.status(of: "\(object.directory)/\(object.file)") } catch {
      if error.errno == .noSuchFileOrDirectory { return }
      let directory = cache.base.appending(CacheLayout.objects).appending(object.directory)
      throw CacheError(directory, "look at artifacts", error)
    }
  }

  /// Throws if another user may decide which object has a digest's name.
  func requireTrusted(_ digest: ArtifactDigest) throws(CacheError) {
    let name = CacheLayout.objectName(digest).directory
    // A missing directory shows when the object is opened.
    if let status = try? cache.objects.status(of: name) {
      try cache.trust.require(status, cache.base.appending(CacheLayout.objects).appending(name))
    }
  }

  /// Throws if another user may decide what a module's artifact is.
  package func requireTrusted(_ module: WasmHash) throws(CacheError) {
    if let digest = artifactDigest(module) { try requireTrusted(digest) }
  }

  private var knownRelatives: EngineRelatives {
    relatives.withLock { known in
      let found = known ?? cache.relatives(of: identity, named: name)
      known = found
      return found
    }
  }

  func reasonForMissingEntry(_ module: WasmHash) -> MissReason {
    let areLost = hasLostEntries.withLock { known in
      let areLost = known ?? findLostEntries()
      known = areLost
      return areLost
    }
    if areLost { return .linkLost }
    let entry = entryName(module)
    let relatives = knownRelatives
    if relatives.otherBuilds.contains(where: { cache.hasEntry(entry, of: $0) }) { return .engineChanged }
    return relatives.otherWishes.contains { cache.hasEntry(entry, of: $0) } ? .newTarget : .newModule
  }
}

/// The cache's answer about a module.
package enum Lookup: Hashable, Sendable {
  /// An entry whose object is there; `size` in bytes.
  case present(size: Int)
  case absent(MissReason)
}
