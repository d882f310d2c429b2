internal import LinuxIO
internal import Scanning
internal import SystemPackage

/// The state of a root.
enum RootState: Hashable {
  case unarmed
  /// It has a tree of its own.
  case tree(FileIdentity)
  /// It is inside another root's tree.
  case covered
  /// It is a file in the directory of that identity, which may be there or not.
  case file(FileIdentity, FilePath.Component)
  case missing
}

/// Following roots that come, go, and lead elsewhere.
extension TreeWatch {
  func armTouchedRoots() {
    while let root = touchedRoots.popFirst(), !isStopRequested {
      if let dependency = dependency(guardedAs: root) { lookAtDependency(dependency) } else { arm(root) }
    }
  }

  /// Watches for a root what its path leads to now.
  func arm(_ root: Int) {
    let before = armed[root]
    let resolution = guarded(root)
    noteDirectory(of: root, resolution.outcome)
    switch resolution.outcome {
    case .directory(let identity): armTree(root, identity)
    case .file(let directory, let name): armFile(root, directory, name)
    case .missing(let directory, let name):
      // A file that is deleted and made again is told by its directory.
      if let name, isArmedFile(root, directory, name) { return }
      disarm(root)
      armed[root] = .missing
      if before != .missing { tell(.rootMissing(roots[root])) }
    }
    if before == .missing, armed[root] != .missing { tell(.rootReturned(roots[root])) }
  }

  /// Keeps which directory a root is. One that is known as a part of another root's tree is walked again, because patterns
  /// are matched with other paths below it from now on.
  private func noteDirectory(of root: Int, _ outcome: RootResolution.Outcome) {
    let identity: FileIdentity? = if case .directory(let identity) = outcome { identity } else { nil }
    guard rootDirectories[root] != identity else { return }
    rootDirectories[root] = identity
    guard options.selection.needsRelativePaths, let identity, let known = table[identity], let name = known.name,
      let parent = known.parent
    else { return }
    forget(known)
    walk(Step(path: known.path, place: (parent, name)))
  }

  private func armTree(_ root: Int, _ identity: FileIdentity) {
    if let known = table[identity], known.isRecursive {
      if armed[root] == .tree(identity), known.name == nil { return }
      if armed[root] != .tree(identity) { disarm(root) }
      armed[root] = .covered
      return
    }
    disarm(root)
    armed[root] = .tree(identity)
    walk(Step(path: roots[root], place: nil))
  }

  private func armFile(_ root: Int, _ directory: FilePath, _ name: FilePath.Component) {
    if isArmedFile(root, directory, name) { return }
    disarm(root)
    do throws(SystemError) {
      let file = try Descriptor.openDirectory(directory, followingLinks: false)
      let identity = try file.status().stamp.identity
      let known = table[identity]
      let node: WatchedDirectory
      if let known { node = known } else { node = try flatDirectory(directory, identity, file) }
      armed[root] = .file(identity, name)
      if node.takes(name, options.selection) { return }
      node.explicit[name] = roots[root]
      noteListed(DirectoryListing.File(name: name, isLink: false), in: node, file, SuspendingClock().now)
    } catch {
      tryLater(Step(path: directory, place: nil), after: error)
    }
  }

  private func isArmedFile(_ root: Int, _ directory: FilePath, _ name: FilePath.Component) -> Bool {
    guard case .file(let identity, name) = armed[root],
      let stamp = try? Descriptor.status(of: directory, followingLinks: false).stamp, stamp.identity == identity,
      let node = table[identity]
    else { return false }
    return node.takes(name, options.selection)
  }

  private func disarm(_ root: Int) {
    switch armed[root] {
    case .unarmed, .covered, .missing: break
    case .tree(let identity):
      guard let node = table[identity], node.name == nil else { break }
      forget(node)
      // Others may have relied on this tree.
      touchedRoots.formUnion(roots.indices.filter { $0 != root })
    case .file(let identity, let name):
      guard let node = table[identity], node.explicit[name] == roots[root] else { break }
      noteRemoved(name, in: node, SuspendingClock().now)
      node.explicit[name] = nil
      if !node.isRecursive, node.explicit.isEmpty { forget(node) }
    }
    armed[root] = .unarmed
  }

  /// Resolves a root and watches what the result depends on, until both agree.
  private func guarded(_ root: Int) -> RootResolution {
    var resolution = RootResolution(of: roots[root])
    for _ in 0..<8 {
      watchDependencies(of: root, resolution)
      let again = RootResolution(of: roots[root])
      if again == resolution { break }
      resolution = again
    }
    return resolution
  }

  /// - Parameter names: the events by which a name that matters may become another.
  func watchDependencies(of root: Int, _ resolution: RootResolution, names: InotifyMask = .names) {
    unguardedRoots.remove(root)
    var watched: [(descriptor: Int32, name: FilePath.Component?)] = []
    for dependency in resolution.dependencies {
      guard let stamp = try? Descriptor.status(of: dependency.directory, followingLinks: false).stamp else { continue }
      let mask: InotifyMask = dependency.name == nil ? .itself : names
      if let descriptor = try? watch(dependency.directory, stamp.identity, for: mask) {
        watched.append((descriptor, dependency.name))
      } else if root < roots.count, dependency.name != nil, case .missing = resolution.outcome {
        unguardedRoots.insert(root)
      }
    }
    for unused in guards.replace(root: root, with: watched)
    where table[unused] == nil && entryDirectories[unused] == nil { tools?.remove(unused) }
  }
}
