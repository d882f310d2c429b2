internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// The way from the root directory to a cache, gone one name at a time. Each directory is opened in the one before and
/// checked on its open descriptor, so that the directory that was checked is the one that is used. Symbolic links are names
/// on the way, too.
struct CachePath {
  private let wanted: FilePath
  private let trust: CacheTrust
  /// Whether to make directories that are missing.
  private let makes: Bool

  /// Names still to go, the next one last. Names from a link's target are not the user's own.
  private var ahead: [(name: FilePath.Component, isFromLink: Bool)] = []
  /// The part of the way that is gone, as messages name it.
  private var behind: FilePath = "/"
  private var links = 0

  /// The kernel follows as many in a path.
  private static let mostLinks = 40

  /// Opens the cache's own directory.
  ///
  /// - Parameter makes: whether to make what is missing.
  /// - Returns: nil if it is missing and not to be made.
  static func open(_ path: FilePath, trust: CacheTrust, makes: Bool) throws(CacheError) -> Descriptor? {
    var way = CachePath(wanted: path, trust: trust, makes: makes)
    return try way.go()
  }

  private init(wanted: FilePath, trust: CacheTrust, makes: Bool) {
    self.wanted = wanted
    self.trust = trust
    self.makes = makes
  }

  private mutating func go() throws(CacheError) -> Descriptor? {
    ahead = try absolute().components.reversed().map { ($0, false) }
    var directory = try start()
    let root = try status(of: directory, "/").owner
    while let (name, isFromLink) = ahead.popLast() {
      if name.kind == .currentDirectory { continue }
      let path = name.kind == .parentDirectory ? behind.removingLastComponent() : behind.appending(name)
      guard let next = try step(to: name, in: directory, path, isFromLink: isFromLink) else { return nil }
      let status = try status(of: next, path)
      // First what it is: advice about the permissions of a device would break the machine.
      guard status.kind == .directory || status.kind == .symbolicLink else { throw .notADirectory(path) }
      if let objection = trust.objection(onTheWayTo: next, status, root: root) { throw CacheError(objection, path) }
      switch status.kind {
      case .directory:
        directory = next
        behind = path
      case .symbolicLink:
        let target = try target(of: name, in: directory, path)
        if target.isAbsolute {
          directory = try start()
          behind = "/"
        }
        ahead += target.components.reversed().map { ($0, true) }
      default: throw .notADirectory(path)
      }
    }
    // The descriptors of the way are good for walking only.
    do {
      let root = try directory.open(".", O_RDONLY | O_DIRECTORY)
      _ = try root.statusMeetingFileSystem()
      return root
    } catch {
      throw refusal(of: wanted, error)
    }
  }

  private func absolute() throws(CacheError) -> FilePath {
    if wanted.isAbsolute { return wanted }
    guard let directory = getcwd(nil, 0) else { throw refusal(of: wanted, SystemError("getcwd")) }
    defer { free(directory) }
    return FilePath(platformString: directory).pushing(wanted)
  }

  private func start() throws(CacheError) -> Descriptor {
    do throws(SystemError) { return try Descriptor.openRootPathOnly() } catch { throw refusal(of: "/", error) }
  }

  private func step(
    to name: FilePath.Component, in directory: borrowing Descriptor, _ path: FilePath, isFromLink: Bool
  ) throws(CacheError) -> Descriptor? {
    do throws(SystemError) { return try directory.openPathOnly(name) } catch {
      guard error.errno == .noSuchFileOrDirectory else { throw refusal(of: path, error) }
    }
    guard makes else { return nil }
    if isFromLink {
      throw .givenUp(wanted, operation: "open the cache directory", reason: "it is a symbolic link that leads nowhere")
    }
    do throws(SystemError) {
      do { try directory.makeDirectory(name) } catch let error where error.errno == .fileExists {}
      return try directory.openPathOnly(name)
    } catch {
      throw CacheError(path, "make the cache directory", error)
    }
  }

  private mutating func target(
    of link: FilePath.Component, in directory: borrowing Descriptor, _ path: FilePath
  ) throws(CacheError) -> FilePath {
    links += 1
    guard links <= Self.mostLinks else { throw refusal(of: path, SystemError("open", .tooManySymbolicLinkLevels)) }
    do { return FilePath(bytes: try directory.symbolicLinkTarget(link, limit: Int(PATH_MAX))) } catch {
      throw refusal(of: path, error)
    }
  }

  private func status(of file: borrowing Descriptor, _ path: FilePath) throws(CacheError) -> FileStatus {
    do { return try file.status() } catch { throw refusal(of: path, error) }
  }

  private func refusal(of path: FilePath, _ error: SystemError) -> CacheError {
    CacheError(path, "open the cache directory", error)
  }
}
