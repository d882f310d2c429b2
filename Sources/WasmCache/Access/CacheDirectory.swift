internal import Glibc
package import LinuxIO
internal import Synchronization
package import SystemPackage

/// The cache on disk, opened: the directories of format 1 behind checked descriptors.
///
/// Everything below goes through the descriptors, so that replacing a directory on the way has no effect.
package final class CacheDirectory: Sendable {
  package let path: FilePath
  /// Device and inode of the cache's root, to leave it out of scans.
  package let identity: FileIdentity
  package let trust: CacheTrust
  /// Whether it lies below another cache, so that nothing in it is ever changed, whatever the file system allows.
  package let isLower: Bool
  /// The keys of which one must have signed what is taken from here; none for a cache that is its owner's word.
  package let signers: TrustedKeys
  let version: Descriptor
  let objects: Descriptor
  let engines: Descriptor
  /// Whether the lock of publishing could not be had when it was last waited for.
  let isLockStuck = Atomic(false)

  /// Opens the cache, making what is missing.
  package init(making path: FilePath, trust: CacheTrust = .owner) throws(CacheError) {
    guard let root = try CachePath.open(path, trust: trust, makes: true) else {
      throw .givenUp(path, operation: "make the cache directory", reason: "another process removes it")
    }
    self.path = path
    self.trust = trust
    isLower = false
    signers = .none
    identity = try trust.require(root, path, isRoot: true).stamp.identity
    try Self.writeTag(in: root, path)
    version = try trust.openOrMake(CacheLayout.version, in: root, path)
    let base = path.appending(CacheLayout.version)
    objects = try trust.openOrMake(CacheLayout.objects, in: version, base)
    engines = try trust.openOrMake(CacheLayout.engines, in: version, base)
    for name in [CacheLayout.corrupt, CacheLayout.temporary] { _ = try trust.openOrMake(name, in: version, base) }
  }

  /// Opens the cache if there is one; makes and writes nothing. A run that was ended when it had just begun leaves half a
  /// cache, which counts as none.
  package static func existing(at path: FilePath, trust: CacheTrust = .owner) throws(CacheError) -> CacheDirectory? {
    try CacheDirectory(existing: path, trust, isLower: false, signedBy: .none)
  }

  /// Opens a cache that artifacts are taken from and that is never written to.
  ///
  /// - Parameter signers: the keys of which one must have signed each artifact; none if that is not asked for.
  package static func lower(
    at path: FilePath, trust: CacheTrust = .owner, signedBy signers: TrustedKeys = .none
  ) throws(CacheError) -> CacheDirectory {
    guard let cache = try CacheDirectory(existing: path, trust, isLower: true, signedBy: signers) else {
      throw CacheError(path, "open the lower cache", SystemError("open", .noSuchFileOrDirectory))
    }
    return cache
  }

  /// Opens the lower caches of a cache, in order. One that cannot be used is reported and left out.
  ///
  /// - Parameters:
  ///   - own: the cache that they lie below. Named among them, it has nothing to add; nor has one that is named twice.
  ///   - signers: the keys of which one must have signed each artifact; none if that is not asked for.
  ///   - report: told of each that cannot be used.
  package static func lower(
    at paths: [FilePath], below own: CacheDirectory?, trust: CacheTrust, signedBy signers: TrustedKeys = .none,
    report: (FilePath, CacheError) -> Void
  ) -> [CacheDirectory] {
    var opened: [CacheDirectory] = []
    for path in paths {
      do throws(CacheError) {
        let cache = try lower(at: path, trust: trust, signedBy: signers)
        if cache.identity != own?.identity, !opened.contains(where: { $0.identity == cache.identity }) {
          opened.append(cache)
        }
      } catch {
        report(path, error)
      }
    }
    return opened
  }

  private init?(
    existing path: FilePath, _ trust: CacheTrust, isLower: Bool, signedBy signers: TrustedKeys
  ) throws(CacheError) {
    guard let root = try CachePath.open(path, trust: trust, makes: false) else { return nil }
    self.path = path
    self.trust = trust
    self.isLower = isLower
    self.signers = signers
    identity = try trust.require(root, path, isRoot: true).stamp.identity
    guard let version = try trust.openExisting(CacheLayout.version, in: root, path) else { return nil }
    let base = path.appending(CacheLayout.version)
    guard let objects = try trust.openExisting(CacheLayout.objects, in: version, base),
      let engines = try trust.openExisting(CacheLayout.engines, in: version, base)
    else { return nil }
    for name in [CacheLayout.corrupt, CacheLayout.temporary] { _ = try trust.openExisting(name, in: version, base) }
    self.version = version
    self.objects = objects
    self.engines = engines
  }

  /// The directory of objects whose bytes did not have their digest; made if missing.
  func openCorrupt() throws(SystemError) -> Descriptor { try version.openOrMakeDirectory(CacheLayout.corrupt) }

  /// The directory of files that are not published yet; made if missing.
  func openTemporary() throws(SystemError) -> Descriptor { try version.openOrMakeDirectory(CacheLayout.temporary) }

  /// Fails unless this process may write into every directory that storing a module writes into.
  func requireWritable() throws(CacheError) {
    do {
      try objects.checkAccess(W_OK | X_OK)
      try engines.checkAccess(W_OK | X_OK)
      try openTemporary().checkAccess(W_OK | X_OK)
    } catch {
      throw .notWritable(path, reason: "\(error): open the cache for reading only, or choose another directory")
    }
  }

  /// Whether a runtime can map artifacts from here to execute them.
  package var allowsExecution: Bool { objects.allowsExecution }

  /// The directory below the cache's root that holds everything of this format.
  package var base: FilePath { path.appending(CacheLayout.version) }

  private static func writeTag(in root: borrowing Descriptor, _ path: FilePath) throws(CacheError) {
    do throws(SystemError) {
      let tag = try root.open(CacheLayout.tag, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode: 0o644)
      do { try tag.write(all: CacheLayout.tagContents) } catch {
        try? root.remove(CacheLayout.tag)
        throw error
      }
    } catch let error where error.errno == .fileExists {
    } catch {
      throw CacheError(path, "write \(CacheLayout.tag)", error)
    }
  }
}
