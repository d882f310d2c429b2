internal import LinuxIO

/// Decides which links to directories are followed, after everything that needs no link has been scanned.
///
/// This goes round by round: links found by one are followed in the next, in the order of roots and paths. So which
/// path a directory gets does not depend on which thread was first, a real path goes before one through a link, and
/// every directory is scanned once, however many links lead to it.
struct LinkFollower {
  /// Every directory that has been or will be scanned, and the root under which it is listed.
  private(set) var visited: [FileIdentity: Int]
  /// Below this index the links have been dealt with.
  private var done = 0

  init(_ survey: RootSurvey) {
    visited = survey.directoryRoots
  }

  /// The directories of the next round; none when all links have been dealt with.
  mutating func next(in table: inout ScanTable) -> [DirectoryTask] {
    let fresh = table.directories[done...].compactMap { $0 }
    done = table.directories.count
    for directory in fresh { visited[directory.identity] = directory.task.root }
    return Self.links(in: fresh).compactMap { follow($0, in: &table) }
  }

  private static func links(in directories: [ListedDirectory]) -> [FoundLink] {
    var links: [FoundLink] = []
    for directory in directories {
      for (index, child) in directory.children.enumerated() where child.id == nil {
        let path = directory.task.path(of: directory.name(of: child).dropLast(), terminated: true)
        links.append(FoundLink(root: directory.task.root, path: path, parent: directory.task.id, child: index))
      }
    }
    return links.sorted { $0.root != $1.root ? $0.root < $1.root : $0.path.lexicographicallyPrecedes($1.path) }
  }

  private mutating func follow(_ link: FoundLink, in table: inout ScanTable) -> DirectoryTask? {
    // It was a directory a moment ago; if not any more, there is nothing to follow.
    guard let identity = try? Descriptor.status(of: TerminatedPath(link.path)).stamp.identity else { return nil }
    if Self.leadsUp(link, to: identity, in: table) {
      table.report(FoundProblem(root: link.root, path: Array(link.path.dropLast()), reason: .linkCycle))
      return nil
    }
    if let root = visited[identity] {
      if root != link.root { table.note(NestedRoot(outer: link.root, inner: root)) }
      return nil
    }
    visited[identity] = link.root
    return table.follow(link)
  }

  /// Whether a link leads to a directory on the way to it.
  private static func leadsUp(_ link: FoundLink, to identity: FileIdentity, in table: ScanTable) -> Bool {
    var next: Int? = link.parent
    while let id = next, let directory = table.directories[id] {
      if directory.identity == identity { return true }
      next = directory.task.parent
    }
    return false
  }
}
