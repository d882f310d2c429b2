internal import LinuxIO
internal import SystemPackage

/// Finds out what the roots are before anything is scanned, and which of them name the same thing.
struct RootSurvey {
  enum Root {
    case directory(id: Int)
    case file(FileStamp)
    /// The same file or directory as an earlier root.
    case duplicate(of: Int)
    case unusable
  }

  /// The paths as they were given, each with NUL at its end.
  let paths: [[UInt8]]
  private(set) var roots: [Root] = []
  private(set) var problems: [FoundProblem] = []
  /// The directories to start with.
  private(set) var starts: [DirectoryTask] = []
  /// The roots that are directories.
  private(set) var directoryRoots: [FileIdentity: Int] = [:]
  /// The roots that are files, by the directory that they are in and their names there.
  private(set) var fileRoots: [FileIdentity: [[UInt8]: Int]] = [:]

  init(_ paths: [FilePath]) {
    self.paths = paths.map { $0.bytes + [0] }
    var parents = ParentIdentities()
    for root in paths.indices {
      roots.append(classify(root, &parents))
    }
  }

  private mutating func classify(_ root: Int, _ parents: inout ParentIdentities) -> Root {
    let path = paths[root]
    let stamp: FileStamp
    do { stamp = try Self.stamp(path) } catch {
      let isLink =
        error.errno == .noSuchFileOrDirectory
        && (try? Descriptor.status(of: TerminatedPath(path), followingLinks: false)) != nil
      report(isLink ? .danglingLink : .root(error.errno), root)
      return .unusable
    }
    switch stamp.kind {
    case .directory:
      let identity = stamp.identity
      if let earlier = directoryRoots.updateValue(root, forKey: identity) {
        directoryRoots[identity] = earlier
        return .duplicate(of: earlier)
      }
      starts.append(.root(root, path: path, id: starts.count))
      return .directory(id: starts.count - 1)
    case .regular:
      // A single root cannot meet itself again.
      if paths.count > 1, let earlier = addFileRoot(root, &parents) { return .duplicate(of: earlier) }
      return .file(stamp)
    case let kind:
      report(.notRegular(kind), root)
      return .unusable
    }
  }

  private static func stamp(_ path: [UInt8]) throws(SystemError) -> FileStamp {
    let stamp = try Descriptor.status(of: TerminatedPath(path)).stamp
    return ImageFileSystems.meet(stamp, at: TerminatedPath(path))
      ? try Descriptor.status(of: TerminatedPath(path)).stamp : stamp
  }

  /// Notes that a file is a root; the earlier one if the same name in the same directory already is.
  private mutating func addFileRoot(_ root: Int, _ parents: inout ParentIdentities) -> Int? {
    let split = Self.nameStart(paths[root])
    guard let parent = parents.identity(of: paths[root][..<split]) else { return nil }
    let name = Array(paths[root][split...].dropLast())
    if let earlier = fileRoots[parent]?[name] { return earlier }
    fileRoots[parent, default: [:]][name] = root
    return nil
  }

  /// Where the last name of a path begins.
  static func nameStart(_ path: [UInt8]) -> Int {
    (path.lastIndex(of: UInt8(ascii: "/")) ?? -1) + 1
  }

  private mutating func report(_ reason: ScanProblem.Reason, _ root: Int) {
    problems.append(FoundProblem(root: root, path: Array(paths[root].dropLast()), reason: reason))
  }
}

/// Remembers the directory looked up last, since files named on a command line mostly share theirs.
private struct ParentIdentities {
  private var path: ArraySlice<UInt8> = []
  private var identity: FileIdentity?

  /// `path` is empty or ends with a slash.
  mutating func identity(of path: ArraySlice<UInt8>) -> FileIdentity? {
    if identity != nil, path == self.path { return identity }
    let name = path.isEmpty ? [UInt8(ascii: "."), 0] : Array(path + [0])
    self.path = path
    identity = try? Descriptor.status(of: TerminatedPath(name)).stamp.identity
    return identity
  }
}
