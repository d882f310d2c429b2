internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// The users who may have written into a cache that is used. Loading an artifact runs its code.
public enum CacheTrust: Hashable, Sendable {
  /// Only this user and root. No other user owns, or may write to, the cache's directories or one on the way to them.
  case owner
  /// Any user.
  case anyone
}

extension CacheTrust {
  /// The objection to a directory of the cache; nil for none.
  func objection(to status: FileStatus) -> CacheObjection? {
    if self == .anyone { return nil }
    guard Self.isOurs(status) else { return .foreignOwner(status.owner) }
    return status.permissions & 0o022 == 0 ? nil : .writableByOthers(status.permissions)
  }

  /// A group that has only the owner for its member is as good as the owner.
  private static func unlessPrivate(
    _ objection: CacheObjection?, _ file: borrowing Descriptor, _ status: FileStatus
  ) -> CacheObjection? {
    guard case .writableByOthers = objection, status.permissions & 0o002 == 0,
      PrivateGroup.isPrivate(status.group, to: status.owner), file.hasOnlyMode
    else { return objection }
    return nil
  }

  /// The objection to a directory on the way to the cache; nil for none.
  ///
  /// - Parameter root: the root directory's owner. In a user name space real root may show as nobody. The owner of the
  ///   root directory owns the C library and our executable, too.
  func objection(onTheWayTo directory: borrowing Descriptor, _ status: FileStatus, root: UInt32) -> CacheObjection? {
    if self == .anyone { return nil }
    guard Self.isOurs(status) || status.owner == root else { return .foreignOwner(status.owner) }
    // In a sticky directory such as /tmp, others cannot rename or remove our files. A link's own mode means nothing.
    let isProtected = status.kind == .symbolicLink || status.permissions & 0o1000 != 0
    if status.permissions & 0o022 == 0 || isProtected { return nil }
    return Self.unlessPrivate(.writableByOthers(status.permissions), directory, status)
  }

  /// The objection to the file of a key that decides what is trusted; nil for none.
  func objection(toKey file: borrowing Descriptor, _ status: FileStatus) -> CacheObjection? {
    if self == .anyone { return nil }
    guard Self.isOurs(status) || status.owner == Self.ownerOfRoot else { return .foreignOwner(status.owner) }
    if status.permissions & 0o022 == 0 { return nil }
    return Self.unlessPrivate(.writableByOthers(status.permissions), file, status)
  }

  /// The owner of the root directory, who owns the C library and our executable, too.
  static var ownerOfRoot: UInt32 { (try? Descriptor.status(of: "/"))?.owner ?? 0 }

  private static func isOurs(_ status: FileStatus) -> Bool { status.owner == geteuid() || status.owner == 0 }
}

/// Why a file or directory is not trusted.
enum CacheObjection: Equatable {
  case foreignOwner(UInt32)
  case writableByOthers(UInt32)
}

extension CacheError {
  init(_ objection: CacheObjection, _ path: FilePath) {
    switch objection {
    case .foreignOwner(let owner): self = .foreignOwner(path, owner: owner)
    case .writableByOthers(let permissions): self = .writableByOthers(path, permissions: permissions)
    }
  }
}

// Directories of the cache, checked on their open descriptors.
extension CacheTrust {
  /// Refuses a directory that other users can write into: they would decide what code the cache's users run.
  ///
  /// - Parameter isRoot: whether it is the cache's own directory, which its user may have made. A group that has only the
  ///   owner counts as the owner there; what is inside is always made without a group's rights.
  @discardableResult
  func require(
    _ directory: borrowing Descriptor, _ path: FilePath, isRoot: Bool = false
  ) throws(CacheError) -> FileStatus {
    let status: FileStatus
    do { status = try directory.status() } catch { throw CacheError(path, "look at the cache directory", error) }
    var objection = objection(to: status)
    if isRoot { objection = Self.unlessPrivate(objection, directory, status) }
    if let objection { throw CacheError(objection, path) }
    return status
  }

  /// Refuses a file in a directory's place, too: a link leads anywhere.
  ///
  /// - Parameter path: made only for an error; a run asks for hundreds of directories.
  func require(_ status: FileStatus, _ path: @autoclosure () -> FilePath) throws(CacheError) {
    if self == .anyone { return }
    guard status.kind == .directory else { throw .notADirectory(path()) }
    if let objection = objection(to: status) { throw CacheError(objection, path()) }
  }

  func openOrMake(
    _ name: String, in parent: borrowing Descriptor, _ parentPath: FilePath
  ) throws(CacheError) -> Descriptor {
    let path = parentPath.appending(name)
    let directory: Descriptor
    do { directory = try parent.openOrMakeDirectory(name) } catch { throw Self.refusal(of: path, "make", error) }
    try require(directory, path)
    return directory
  }

  /// Nil if there is nothing of that name.
  func openExisting(
    _ name: String, in parent: borrowing Descriptor, _ parentPath: FilePath
  ) throws(CacheError) -> Descriptor? {
    let path = parentPath.appending(name)
    let directory: Descriptor
    do { directory = try parent.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) } catch {
      if error.errno == .noSuchFileOrDirectory { return nil }
      throw Self.refusal(of: path, "open", error)
    }
    try require(directory, path)
    return directory
  }

  private static func refusal(of path: FilePath, _ verb: String, _ error: SystemError) -> CacheError {
    error.errno == .notDirectory || error.errno == .tooManySymbolicLinkLevels
      ? .notADirectory(path) : CacheError(path, "\(verb) the cache directory", error)
  }
}
