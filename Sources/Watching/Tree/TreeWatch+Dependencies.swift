internal import LinuxIO
internal import SystemPackage

/// Watching what is not below the roots, but decides whether their modules can be loaded.
///
/// A dependency is guarded as a root is: by watches of the directories that its path leads through. Only a change that the
/// file shows itself is told. Of the cache, entries that go are told. Others come all the time, for which nobody is woken.
extension TreeWatch {
  /// The number by which the guards know a dependency; roots have the numbers before.
  private func guardNumber(_ dependency: Int) -> Int { roots.count + dependency }

  func dependency(guardedAs number: Int) -> Int? { number < roots.count ? nil : number - roots.count }

  func armDependencies() {
    entryDirectories = [:]
    for index in options.dependencies.indices { lookAtDependency(index) }
  }

  /// Tells a dependency that is not as it was when last looked at.
  func lookAtDependency(_ index: Int) {
    let dependency = options.dependencies[index]
    let isThere = (try? Descriptor.status(of: dependency.path)) != nil
    // A directory in which nothing can be written yet tells enough by its names.
    watchDependencies(
      of: guardNumber(index), RootResolution(of: dependency.path), names: isThere ? .contents : .names)
    var seen = DependencyState(stamp: try? Descriptor.status(of: dependency.path).stamp)
    let before = dependencies[index]
    if case .entries = dependency {
      seen = DependencyState(directory: watchEntries(below: dependency.path))
      // A cache that comes has nothing that could be missed.
      if before?.directory == nil {
        dependencies[index] = seen
        return
      }
    }
    dependencies[index] = seen
    if let before, before != seen { tell(dependency) }
  }

  private func tell(_ dependency: WatchDependency) {
    if toldDependencies.insert(dependency).inserted { outbox.append(.depends(dependency)) }
  }

  /// Watches the directories with entries, and the one that they are in.
  ///
  /// - Returns: that one; nil if it is not there.
  private func watchEntries(below path: FilePath) -> FileIdentity? {
    guard let directory = try? Descriptor.openDirectory(path), let identity = try? directory.status().stamp.identity,
      let top = try? watch(path, identity, for: [.create, .movedTo, .itself])
    else { return nil }
    entryDirectories[top] = .some(nil)
    for name in (try? directory.names()) ?? [] { watchEntries(in: path.appending(name)) }
    return identity
  }

  private func watchEntries(in path: FilePath) {
    guard let stamp = try? Descriptor.status(of: path, followingLinks: false).stamp, stamp.kind == .directory,
      let descriptor = try? watch(path, stamp.identity, for: [.delete, .movedFrom, .itself])
    else { return }
    entryDirectories[descriptor] = path
  }

  /// Takes an event in one of the cache's directories; nothing happens for any other.
  func handleEntries(_ event: InotifyEvent) {
    guard let directory = entryDirectories[event.watch] else { return }
    if event.mask.contains(.ignored) { entryDirectories[event.watch] = nil }
    for case .entries(let path) in options.dependencies {
      if directory == nil {
        if let name = event.name { watchEntries(in: path.appending(name)) }
      } else if !event.mask.isDisjoint(with: [.delete, .movedFrom, .itself]) {
        tell(.entries(path))
      }
    }
  }
}

/// What was last seen of a dependency.
struct DependencyState: Hashable {
  var directory: FileIdentity?
  var stamp: FileStamp?
}
