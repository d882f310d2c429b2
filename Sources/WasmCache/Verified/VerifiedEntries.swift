internal import Glibc
internal import LinuxIO
internal import Synchronization
internal import SystemPackage
internal import WasmEngine

/// Opens the entries of one engine's part of the cache, and lets out none whose bytes are not the stored ones.
///
/// The engine checks nothing: it executes an artifact as it is, changed or not. So an object's bytes are hashed before they
/// are used the first time, and again when its file is another or may have changed. Device, inode, size and times say so.
/// After that, a module costs opening its object and one stat of it. Its entry is not read again as long as the object is
/// there, because any object that a later entry can name is as good.
package final class VerifiedEntries: Sendable {
  package let directory: EngineDirectory
  private let catalog: LoadingCatalog
  /// The path of the cache's directory of objects.
  private let objectsPath: [CChar]
  /// For each module, the object that its entry led to, and the file in which that was proven.
  private let proven = Mutex<[WasmHash: Proof]>([:])
  /// Nanoseconds since 1970.
  private let now: @Sendable () -> Int64

  package convenience init(_ directory: EngineDirectory, _ catalog: LoadingCatalog) {
    self.init(directory, catalog, now: WallClock.now)
  }

  init(_ directory: EngineDirectory, _ catalog: LoadingCatalog, now: @escaping @Sendable () -> Int64) {
    self.directory = directory
    self.catalog = catalog
    self.now = now
    objectsPath = directory.cache.base.appending(CacheLayout.objects).withPlatformString {
      Array(UnsafeBufferPointer(start: $0, count: strlen($0)))
    }
  }

  /// Opens a module's artifact.
  ///
  /// A corrupt artifact is moved aside, if the cache can be written, and is missing after that.
  package func open(_ module: WasmHash) throws(CacheError) -> Artifact {
    if let proof = proven.withLock({ $0[module] }),
      let file = try? directory.cache.objects.open(ObjectPath(digest: proof.digest), Self.flags),
      let stamp = try? file.status().stamp, stamp == proof.stamp
    {
      recordUse(of: module, proof)
      return Artifact(
        file, proof.digest, size: Int(clamping: stamp.size), of: module, in: directory, isWritable: catalog.isWritable)
    }
    return try prove(module)
  }

  /// Loads a module's artifact by its path, which takes two looks at the file: less than to open it here, and to have the
  /// engine open it once more.
  ///
  /// The file is the proven one if it is so before and afterwards: whoever puts another one in its place meanwhile renames or
  /// removes the proven one, and that is seen in the time of its last change. No code runs until then.
  ///
  /// - Returns: nil if the artifact was not proven, or is another file now: ``open(_:)`` says more.
  func loadProven<Code: CompiledCode>(_ module: WasmHash, with engine: Engine) -> Code? {
    guard let proof = proven.withLock({ $0[module] }) else { return nil }
    let path = ObjectPath(below: objectsPath, digest: proof.digest)
    func isProven() -> Bool { (try? Descriptor.status(of: path, followingLinks: false).stamp) == proof.stamp }
    guard isProven(), let code = try? Code(artifactAt: path, with: engine), isProven() else { return nil }
    recordUse(of: module, proof)
    return code
  }

  /// Opens a module's artifact for somebody who does not load it here: an engine would look at its record.
  ///
  /// An entry that leads to another engine's artifact is removed, if the cache can be written, and the artifact is missing.
  package func openForOthers(_ module: WasmHash) throws(CacheError) -> Artifact {
    let artifact = try open(module)
    if artifact.isOfItsEngine { return artifact }
    if catalog.isWritable { directory.removeEntry(module, of: artifact.digest) }
    throw .missing(module, directory.identity.backend, .otherEngine)
  }

  private struct Proof {
    var digest: ArtifactDigest
    var stamp: FileStamp
    /// The last use recorded in the entry, in nanoseconds since 1970.
    var used: Int64
  }

  /// A host may go on for months. Once a day it records that it still uses an entry.
  private func recordUse(of module: WasmHash, _ proof: Proof) {
    let now = now()
    guard catalog.isWritable, EngineDirectory.isUseDue(proof.used, now: now) else { return }
    let used = directory.recordUse(of: module, now: now)
    proven.withLock { $0[module]?.used = used }
  }

  private static let flags = O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY

  private func prove(_ module: WasmHash) throws(CacheError) -> Artifact {
    let cache = directory.cache
    func missing(_ reason: MissReason) -> CacheError { .missing(module, directory.identity.backend, reason) }

    let target: [UInt8]
    do { target = try cache.engines.symbolicLinkTarget(directory.entryPlace(module)) } catch {
      switch error.errno {
      case .noSuchFileOrDirectory: throw missing(directory.reasonForMissingEntry(module))
      case .invalidArgument: throw missing(directory.reasonForEntryWithoutLink(module))
      default: throw CacheError(directory.entryPath(module), "read the entry", error)
      }
    }
    guard let digest = CacheLayout.digest(ofTarget: target) else { throw missing(.artifactCorrupt) }
    try directory.requireTrusted()
    try directory.requireTrusted(digest)
    try requireSigned(module, digest)

    let artifact: Artifact?
    do { artifact = try openProven(digest, of: module) } catch {
      switch error.errno {
      case .noSuchFileOrDirectory: throw missing(cache.isSetAside(digest) ? .artifactCorrupt : .evicted)
      // There is a link where the object should be. It could lead anywhere.
      case .tooManySymbolicLinkLevels: throw missing(.artifactCorrupt)
      default: throw CacheError(directory.entryPath(module), "read the artifact", error)
      }
    }
    guard let artifact else { throw missing(.artifactCorrupt) }
    return artifact
  }

  /// Refuses an artifact of a lower cache that none of its signers has signed. It is asked before the bytes are read, which may
  /// be many. That somebody signed is remembered: to check it takes 0.2 ms.
  private func requireSigned(_ module: WasmHash, _ digest: ArtifactDigest) throws(CacheError) {
    let cache = directory.cache
    if cache.signers.isEmpty { return }
    let statement = ArtifactStatement(directory.identity, module, digest)
    let begun = now()
    if cache.signers.keys.contains(where: { catalog.knows(SignedStatement(statement, by: $0, checked: begun)) }) {
      return
    }
    do throws(SignatureFault) {
      let signer = try cache.signers.verify(
        cache.signature(ofEntry: directory.entryPlace(module)), of: statement)
      catalog.remember(SignedStatement(statement, by: signer, checked: begun))
    } catch {
      throw .refused(directory.entryPath(module), error)
    }
  }

  /// Opens an object whose bytes have its digest; nil if they do not.
  private func openProven(_ digest: ArtifactDigest, of module: WasmHash) throws(SystemError) -> Artifact? {
    let cache = directory.cache
    let file = try cache.objects.open(ObjectPath(digest: digest), Self.flags)
    // However good the bytes are now, another user could change them while they run.
    if cache.trust.objection(to: try file.status()) != nil { return nil }
    var begun = now()
    var stamp = try file.status().stamp
    let known =
      catalog.checkedObject(digest, in: stamp.identity) ?? CheckedObject(digest: digest, stamp: stamp, checked: .min)
    var isProven = known.isFresh(for: stamp, now: begun)
    if !isProven {
      var attempts = 3
      while true {
        guard stamp.kind == .regular, try ArtifactDigest(hashing: file) == digest else {
          if catalog.isWritable, !cache.isLower { cache.setAside(digest, judged: stamp.identity) }
          return nil
        }
        // A hard link that is made or removed meanwhile changes the stamp just as a writer does: hash once more.
        let after = try file.status().stamp
        if after == stamp { break }
        attempts -= 1
        if attempts == 0 { return nil }
        stamp = after
        begun = now()
      }
      let checked = CheckedObject(digest: digest, stamp: stamp, checked: begun)
      catalog.remember(checked)
      // A file that was written just now could be written once more without a sign.
      isProven = checked.isFresh(for: stamp, now: begun)
    }
    let used = catalog.isWritable ? directory.recordUse(of: module, now: begun) : begun
    if isProven { proven.withLock { $0[module] = Proof(digest: digest, stamp: stamp, used: used) } }
    return Artifact(
      file, digest, size: Int(clamping: stamp.size), of: module, in: directory, isWritable: catalog.isWritable)
  }
}

extension VerifiedEntries {
  /// Opens the artifact of a module that this process has just stored. It hashed the bytes to do so.
  package func openNew(_ module: WasmHash) throws(CacheError) -> Artifact {
    guard let digest = directory.artifactDigest(module) else {
      throw .missing(module, directory.identity.backend, .evicted)
    }
    do throws(SystemError) {
      let file = try directory.cache.objects.open(ObjectPath(digest: digest), Self.flags)
      let status = try file.status()
      guard status.kind == .regular else { throw SystemError("open", .invalidArgument) }
      return Artifact(file, digest, size: status.size, of: module, in: directory, isWritable: catalog.isWritable)
    } catch {
      if error.errno == .noSuchFileOrDirectory { throw .missing(module, directory.identity.backend, .evicted) }
      throw CacheError(directory.entryPath(module), "open the artifact", error)
    }
  }
}

/// The path of an object, without an allocation. A whole load takes some forty microseconds, and a text put together from
/// others would take one of them.
private struct ObjectPath: PathText {
  /// The directory of objects, without a slash behind it; empty for a path that begins there.
  private let directory: [CChar]
  private let digest: ArtifactDigest

  init(below directory: [CChar] = [], digest: ArtifactDigest) {
    self.directory = directory
    self.digest = digest
  }

  func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    let start = directory.isEmpty ? 0 : directory.count + 1
    // Two digits, a slash, the other digits, NUL.
    return withUnsafeTemporaryAllocation(of: CChar.self, capacity: start + 2 * Digest256.size + 2) { text in
      let slash = CChar(bitPattern: UInt8(ascii: "/"))
      if start > 0 {
        _ = text.initialize(fromContentsOf: directory)
        text[start - 1] = slash
      }
      digest.writeHexadecimal(into: UnsafeMutableBufferPointer(rebasing: text[start + 1...start + 2 * Digest256.size]))
      text[start] = text[start + 1]
      text[start + 1] = text[start + 2]
      text[start + 2] = slash
      text[start + 2 * Digest256.size + 1] = 0
      // Not empty, so that there is an address.
      return text.baseAddress.map { body($0) } ?? body("")
    }
  }
}
