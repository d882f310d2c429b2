internal import LinuxIO
internal import SystemPackage

/// One directory that is watched or polled, with what was last seen in it.
///
/// A reference type because the table by descriptor, the one by identity and the parent all mean the same one.
/// It never changes its path: a directory that is moved is forgotten and found again.
final class WatchedDirectory {
  enum Coverage: Hashable {
    /// The kernel tells.
    case watched(Int32)
    /// It is listed every few seconds.
    case polled(PollReason)
  }

  enum PollReason: Hashable {
    case limit
    /// A bind mount shows it under a second name, but there is one watch for an inode.
    case alias
    /// Remote, FUSE, `--poll`, or no inotify at all: no watch is tried.
    case always
  }

  let path: FilePath
  let identity: FileIdentity
  /// Whether directories in it are followed; one that is only there for a file given as a root is not.
  var isRecursive: Bool
  var coverage: Coverage
  /// What it is called in its parent; a root's directory has neither.
  let name: FilePath.Component?
  private(set) weak var parent: WatchedDirectory?
  var children: [FilePath.Component: WatchedDirectory] = [:]
  /// Modules in it, with what they looked like where it is polled.
  var files: [FilePath.Component: PolledStamp?] = [:]
  /// Files given as roots, under the paths they were given as.
  var explicit: [FilePath.Component: FilePath] = [:]

  init(
    path: FilePath, identity: FileIdentity, isRecursive: Bool, coverage: Coverage,
    place: (parent: WatchedDirectory, name: FilePath.Component)?
  ) {
    self.path = path
    self.identity = identity
    self.isRecursive = isRecursive
    self.coverage = coverage
    name = place?.name
    parent = place?.parent
  }

  /// The path under which a name in it is told.
  func path(of name: FilePath.Component) -> FilePath {
    explicit[name] ?? path.appending(name)
  }

  func isCandidate(_ name: FilePath.Component, _ filter: WatchFilter) -> Bool {
    if explicit[name] != nil { return true }
    return isRecursive && filter.isModule(name) && !filter.skipsFile(path.appending(name))
  }

  /// It and all below it, parents first.
  var subtree: [WatchedDirectory] {
    var found = [self]
    var next = 0
    while next < found.count {
      found.append(contentsOf: found[next].children.values)
      next += 1
    }
    return found
  }
}
