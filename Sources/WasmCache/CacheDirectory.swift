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
  let objects: Descriptor
  let engines: Descriptor
  let corrupt: Descriptor
  let temporary: Descriptor

  /// Opens the cache, making what is missing.
  package convenience init(making path: FilePath) throws(CacheError) {
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
    try self.init(path: path, root: root)
  }

  /// Opens the cache if there is one, without making a directory for it.
  package static func existing(at path: FilePath) throws(CacheError) -> CacheDirectory? {
    guard let root = try openRoot(path) else { return nil }
    do { _ = try root.status(of: CacheLayout.version) } catch { return nil }
    return try CacheDirectory(path: path, root: root)
  }

  /// Opens the cache for nothing but reading: nothing is made or written, and all of it must be there.
  package convenience init(reading path: FilePath) throws(CacheError) {
    guard let root = try Self.openRoot(path) else {
      throw CacheError(path, "open the cache directory", SystemError("open", .noSuchFileOrDirectory))
    }
    try self.init(path: path, reading: root)
  }

  private init(path: FilePath, reading root: consuming Descriptor) throws(CacheError) {
    self.path = path
    identity = try Self.requireTrusted(root, path).stamp.identity
    let version = try Self.openTrusted(CacheLayout.version, in: root, path, making: false)
    let base = path.appending(CacheLayout.version)
    objects = try Self.openTrusted(CacheLayout.objects, in: version, base, making: false)
    engines = try Self.openTrusted(CacheLayout.engines, in: version, base, making: false)
    corrupt = try Self.openTrusted(CacheLayout.corrupt, in: version, base, making: false)
    temporary = try Self.openTrusted(CacheLayout.temporary, in: version, base, making: false)
  }

  /// Fails unless this process may write wherever storing a module writes.
  func requireWritable() throws(CacheError) {
    try Self.requireWritable(objects, base.appending(CacheLayout.objects))
    try Self.requireWritable(engines, base.appending(CacheLayout.engines))
    try Self.requireWritable(temporary, base.appending(CacheLayout.temporary))
  }

  private static func requireWritable(_ directory: borrowing Descriptor, _ path: FilePath) throws(CacheError) {
    do { try directory.checkAccess(W_OK | X_OK) } catch { throw .notWritable(path, reason: error.description) }
  }

  private init(path: FilePath, root: consuming Descriptor) throws(CacheError) {
    self.path = path
    let stamp = try Self.requireTrusted(root, path).stamp
    identity = stamp.identity
    try Self.writeTag(in: root, path)
    let version = try Self.openTrusted(CacheLayout.version, in: root, path)
    let base = path.appending(CacheLayout.version)
    objects = try Self.openTrusted(CacheLayout.objects, in: version, base)
    engines = try Self.openTrusted(CacheLayout.engines, in: version, base)
    corrupt = try Self.openTrusted(CacheLayout.corrupt, in: version, base)
    temporary = try Self.openTrusted(CacheLayout.temporary, in: version, base)
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

  private static func openTrusted(
    _ name: String, in parent: borrowing Descriptor, _ parentPath: FilePath, making: Bool = true
  ) throws(CacheError) -> Descriptor {
    let path = parentPath.appending(name)
    do {
      let directory =
        try making ? parent.openOrMakeDirectory(name) : parent.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
      _ = try requireTrusted(directory, path)
      return directory
    } catch let error as SystemError {
      if error.errno == .notDirectory || error.errno == .tooManySymbolicLinkLevels { throw .notADirectory(path) }
      throw CacheError(path, "\(making ? "make" : "open") the cache directory", error)
    } catch let error as CacheError {
      throw error
    } catch {
      throw .io(path, operation: "open", reason: "\(error)")
    }
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
