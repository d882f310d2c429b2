internal import LinuxIO
internal import Scanning
internal import SystemPackage

/// One directory that is watched or polled, with the modules last seen in it.
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
  /// Its name in its parent; a root's directory has neither.
  let name: FilePath.Component?
  private(set) weak var parent: WatchedDirectory?
  /// Where in the path of a name in it the part relative to the root begins.
  private let relativeStart: Int
  var children: [FilePath.Component: WatchedDirectory] = [:]
  /// Modules in it, with what they looked like where it is polled.
  var files: [FilePath.Component: PolledStamp?] = [:]
  /// Files given as roots, under the paths they were given as.
  var explicit: [FilePath.Component: FilePath] = [:]

  init(
    path: FilePath, identity: FileIdentity, isRecursive: Bool, coverage: Coverage,
    place: (parent: WatchedDirectory, name: FilePath.Component)?, isRoot: Bool = false
  ) {
    self.path = path
    self.identity = identity
    self.isRecursive = isRecursive
    self.coverage = coverage
    name = place?.name
    parent = place?.parent
    if let parent, !isRoot {
      relativeStart = parent.relativeStart
    } else {
      let bytes = path.bytes
      relativeStart = bytes.count + (bytes.last == UInt8(ascii: "/") ? 0 : 1)
    }
  }

  /// The path under which a name in it is told.
  func path(of name: FilePath.Component) -> FilePath {
    explicit[name] ?? path.appending(name)
  }

  /// Without a slash at either end; empty for a root.
  var relativePath: ArraySlice<UInt8> { path.bytes.dropFirst(relativeStart) }

  /// Whether a file of this name in it is told.
  func takes(_ name: FilePath.Component, _ selection: ModuleSelection) -> Bool {
    explicit[name] != nil || isRecursive && selection.takesFile(name, in: relativePath)
  }

  /// - Parameter file: the directory, freshly opened.
  func list(_ file: borrowing Descriptor, _ selection: ModuleSelection) throws(SystemError) -> DirectoryListing {
    var entries = EntrySelection(selection)
    entries.enter(relativePath)
    return try DirectoryListing(of: file) { name in
      if isRecursive, entries.takesFile(name) { return true }
      guard !explicit.isEmpty, let name = FilePath.Component(platformString: name.start) else { return false }
      return explicit[name] != nil
    }
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
