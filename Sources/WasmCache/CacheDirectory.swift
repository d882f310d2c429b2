internal import Glibc
package import LinuxIO
package import SystemPackage

/// The cache on disk, opened: the directories of format 1 behind checked descriptors.
///
/// Everything below goes through the descriptors, so that replacing a directory on the way has no effect.
package final class CacheDirectory: Sendable {
  package let path: FilePath
  /// Device and inode of the cache's root, to leave it out of scans.
  package let identity: FileIdentity
  let version: Descriptor
  let objects: Descriptor
  let engines: Descriptor

  /// Opens the cache, making what is missing.
  package init(making path: FilePath) throws(CacheError) {
    let root: Descriptor
    if let existing = try Self.openRoot(path) {
      root = existing
    } else {
      try Self.makeWithParents(path)
      guard let made = try Self.openRoot(path) else {
        throw .io(path, operation: "open the cache directory", reason: "it is a symbolic link that leads nowhere")
      }
      root = made
    }
    self.path = path
    identity = try Self.requireTrusted(root, path).stamp.identity
    try Self.writeTag(in: root, path)
    version = try Self.openOrMake(CacheLayout.version, in: root, path)
    let base = path.appending(CacheLayout.version)
    objects = try Self.openOrMake(CacheLayout.objects, in: version, base)
    engines = try Self.openOrMake(CacheLayout.engines, in: version, base)
    for name in [CacheLayout.corrupt, CacheLayout.temporary] { _ = try Self.openOrMake(name, in: version, base) }
  }

  /// Opens the cache if there is one, making and writing nothing. Half a cache, as a run leaves that was ended when it had
  /// just begun, holds nothing and is none.
  package static func existing(at path: FilePath) throws(CacheError) -> CacheDirectory? {
    try CacheDirectory(existing: path)
  }

  private init?(existing path: FilePath) throws(CacheError) {
    guard let root = try Self.openRoot(path) else { return nil }
    self.path = path
    identity = try Self.requireTrusted(root, path).stamp.identity
    guard let version = try Self.openExisting(CacheLayout.version, in: root, path) else { return nil }
    let base = path.appending(CacheLayout.version)
    guard let objects = try Self.openExisting(CacheLayout.objects, in: version, base),
      let engines = try Self.openExisting(CacheLayout.engines, in: version, base)
    else { return nil }
    for name in [CacheLayout.corrupt, CacheLayout.temporary] { _ = try Self.openExisting(name, in: version, base) }
    self.version = version
    self.objects = objects
    self.engines = engines
  }

  /// Where objects go whose bytes did not have their digest; made if missing.
  func openCorrupt() throws(SystemError) -> Descriptor { try version.openOrMakeDirectory(CacheLayout.corrupt) }

  /// Where files are that are not published yet; made if missing.
  func openTemporary() throws(SystemError) -> Descriptor { try version.openOrMakeDirectory(CacheLayout.temporary) }

  /// Fails unless this process may write wherever storing a module writes.
  func requireWritable() throws(CacheError) {
    do {
      try objects.checkAccess(W_OK | X_OK)
      try engines.checkAccess(W_OK | X_OK)
      try openTemporary().checkAccess(W_OK | X_OK)
    } catch {
      throw .notWritable(path, reason: error.description)
    }
  }

  /// The directory below the cache's root that holds everything of this format.
  package var base: FilePath { path.appending(CacheLayout.version) }

  private static func openRoot(_ path: FilePath) throws(CacheError) -> Descriptor? {
    do {
      return try Descriptor.open(path, O_RDONLY | O_DIRECTORY)
    } catch let error where error.errno == .noSuchFileOrDirectory {
      return nil
    } catch let error where error.errno == .notDirectory {
      throw .notADirectory(obstacle(on: path))
    } catch {
      throw CacheError(path, "open the cache directory", error)
    }
  }

  /// The first part of the path that is there and is no directory.
  private static func obstacle(on path: FilePath) -> FilePath {
    var prefix = FilePath(root: path.root, [])
    for component in path.components {
      prefix.append(component)
      if let status = try? Descriptor.status(of: prefix), status.kind != .directory { return prefix }
    }
    return path
  }

  private static func makeWithParents(_ path: FilePath) throws(CacheError) {
    var prefix = FilePath(root: path.root, [])
    for component in path.components {
      prefix.append(component)
      let made = prefix.withPlatformString { mkdir($0, 0o700) }
      guard made != 0 else { continue }
      let error = SystemError("mkdir")
      if error.errno == .notDirectory { throw .notADirectory(prefix.removingLastComponent()) }
      if error.errno != .fileExists && error.errno != .isDirectory {
        throw CacheError(prefix, "make the cache directory", error)
      }
    }
  }

  private static func openOrMake(
    _ name: String, in parent: borrowing Descriptor, _ parentPath: FilePath
  ) throws(CacheError) -> Descriptor {
    let path = parentPath.appending(name)
    let directory: Descriptor
    do { directory = try parent.openOrMakeDirectory(name) } catch { throw refusal(of: path, "make", error) }
    _ = try requireTrusted(directory, path)
    return directory
  }

  /// Nil if there is nothing of that name.
  private static func openExisting(
    _ name: String, in parent: borrowing Descriptor, _ parentPath: FilePath
  ) throws(CacheError) -> Descriptor? {
    let path = parentPath.appending(name)
    let directory: Descriptor
    do { directory = try parent.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) } catch {
      if error.errno == .noSuchFileOrDirectory { return nil }
      throw refusal(of: path, "open", error)
    }
    _ = try requireTrusted(directory, path)
    return directory
  }

  private static func refusal(of path: FilePath, _ verb: String, _ error: SystemError) -> CacheError {
    error.errno == .notDirectory || error.errno == .tooManySymbolicLinkLevels
      ? .notADirectory(path) : CacheError(path, "\(verb) the cache directory", error)
  }

  /// Whoever can write into the cache decides what code its users run.
  private static func requireTrusted(_ directory: borrowing Descriptor, _ path: FilePath) throws(CacheError)
    -> FileStatus
  {
    let status: FileStatus
    do { status = try directory.status() } catch { throw CacheError(path, "look at the cache directory", error) }
    guard status.owner == geteuid() || status.owner == 0 else {
      throw .foreignOwner(path, owner: status.owner)
    }
    guard status.permissions & 0o022 == 0 else {
      throw .writableByOthers(path, permissions: status.permissions)
    }
    return status
  }

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
