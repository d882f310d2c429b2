internal import LinuxIO
internal import Scanning
internal import SystemPackage

/// Finding directories: watch first, list then.
extension TreeWatch {
  /// Where a directory is found: in another one, or as a root.
  struct Step {
    var path: FilePath
    var place: (parent: WatchedDirectory, name: FilePath.Component)?
  }

  /// A directory that is there and cannot be read: without permission, or because too many files are open.
  struct Unreadable {
    /// How to come to it again; `nil` if it is polled anyway.
    var step: Step?
    var error: Errno
  }

  /// Watches and lists a directory and all below it, parents first.
  func walk(_ start: Step) {
    var steps = [start]
    while let step = steps.popLast() {
      guard !isStopRequested else { return }
      guard let directory = visit(step) else { continue }
      steps += directory.found.map {
        Step(path: directory.adopted.path.appending($0), place: (directory.adopted, $0))
      }
    }
  }

  /// Watches and lists one directory; returns it with the directories to visit next.
  private func visit(_ step: Step) -> (adopted: WatchedDirectory, found: [FilePath.Component])? {
    if let place = step.place, !options.selection.entersDirectory(place.name, in: place.parent.relativePath) {
      return nil
    }
    do throws(SystemError) {
      return try adopt(step)
    } catch {
      tryLater(step, after: error)
      return nil
    }
  }

  private func adopt(_ step: Step) throws(SystemError) -> (adopted: WatchedDirectory, found: [FilePath.Component])? {
    let file = try Descriptor.openDirectory(step.path, followingLinks: step.place == nil)
    let identity = try file.status().stamp.identity
    if options.selection.skippedDirectories.contains(identity) { return nil }
    if let place = step.place, let old = place.parent.children[place.name] { forget(old) }

    let explicit: [FilePath.Component: FilePath]
    var isAlias = false
    switch claim(identity) {
    case .free: explicit = [:]
    case .covered: return nil
    case .absorbs(let files): explicit = files
    case .alias:
      explicit = [:]
      isAlias = true
    }
    let directory = WatchedDirectory(
      path: step.path, identity: identity, isRecursive: true,
      coverage: try cover(step.path, identity, file, isAlias: isAlias), place: step.place,
      isRoot: rootIdentities.contains(identity))
    directory.explicit = explicit
    table.insert(directory)
    if let place = step.place { place.parent.children[place.name] = directory }
    do throws(SystemError) {
      return (directory, try refresh(directory, file))
    } catch {
      // A watch without a listing would miss the modules that were there before.
      forget(directory)
      throw error
    }
  }

  /// Has a directory that could not be read tried again with each poll, and tells that. One that has gone since it was
  /// listed is left out: an event tells of it.
  func tryLater(_ step: Step, after error: SystemError) {
    if error.errno.isMissingDirectory { return }
    if let stamp = try? Descriptor.status(of: step.path, followingLinks: step.place == nil).stamp,
      options.selection.skippedDirectories.contains(stamp.identity)
    {
      return
    }
    note(Unreadable(step: step, error: error.errno), at: step.path)
  }

  func note(_ directory: Unreadable, at path: FilePath) {
    let known = unreadable.updateValue(directory, forKey: path)?.error ?? reportedErrors[path]
    if known != directory.error { tell(.unreadable(path, directory.error, interval: options.pollInterval)) }
  }

  /// Watches a directory for files in it that were given as roots, and for nothing else.
  func flatDirectory(
    _ path: FilePath, _ identity: FileIdentity, _ file: borrowing Descriptor
  ) throws(SystemError) -> WatchedDirectory {
    let directory = WatchedDirectory(
      path: path, identity: identity, isRecursive: false, coverage: try cover(path, identity, file, isAlias: false),
      place: nil)
    table.insert(directory)
    return directory
  }

  private enum Claim {
    case free
    /// Another root's tree has it.
    case covered
    /// It was only there for files given as roots.
    case absorbs([FilePath.Component: FilePath])
    case alias
  }

  /// Says what to do with a directory that may have been met before, under this name or another.
  private func claim(_ identity: FileIdentity) -> Claim {
    guard let other = table[identity] else { return .free }
    if !other.isRecursive {
      table.remove(other)
      return .absorbs(other.explicit)
    }
    let isRoot = other.name == nil
    if let stamp = try? Descriptor.status(of: other.path, followingLinks: isRoot).stamp, stamp.identity == identity {
      return isRoot ? .covered : .alias
    }
    // It moved, and the event that says so is still queued.
    forget(other)
    return .free
  }

  /// Decides how a directory's changes are noticed, and takes the watch.
  private func cover(
    _ path: FilePath, _ identity: FileIdentity, _ file: borrowing Descriptor, isAlias: Bool
  ) throws(SystemError) -> WatchedDirectory.Coverage {
    if tools == nil || isOnRemoteFileSystem(path, identity, file) { return .polled(.always) }
    if isAlias { return .polled(.alias) }
    if isLimitReached { return .polled(.limit) }
    do throws(SystemError) {
      return try watch(path, identity, for: .contents).map { .watched($0) } ?? .polled(.always)
    } catch {
      guard error.isWatchShortage else { throw error }
      isLimitReached = true
      return .polled(.limit)
    }
  }

  func watch(_ path: FilePath, _ identity: FileIdentity, for mask: InotifyMask) throws(SystemError) -> Int32? {
    try tools?.watch(path, identity, for: mask)
  }

  private func isOnRemoteFileSystem(_ path: FilePath, _ identity: FileIdentity, _ file: borrowing Descriptor) -> Bool {
    if let known = remoteDevices[identity.device] { return known }
    let isRemote = hooks.isRemote(file)
    remoteDevices[identity.device] = isRemote
    if isRemote { tell(once: .polling(.remoteFileSystem(path), interval: options.pollInterval)) }
    return isRemote
  }

  /// Compares a directory with its last listing, tells the difference, and returns new directories.
  ///
  /// In a watched directory every module is told, because its content may have changed before the watch.
  func refresh(_ directory: WatchedDirectory, _ file: borrowing Descriptor) throws(SystemError) -> [FilePath.Component]
  {
    let time = SuspendingClock().now
    let listing = try directory.list(file, options.selection)
    if !directory.files.isEmpty {
      let names = Set(listing.files.map(\.name))
      for name in directory.files.keys where !names.contains(name) { noteRemoved(name, in: directory, time) }
    }
    for module in listing.files { noteListed(module, in: directory, file, time) }
    guard directory.isRecursive else { return [] }
    if !directory.children.isEmpty {
      let names = Set(listing.directories)
      for (name, child) in directory.children where !names.contains(name) { forget(child) }
    }
    return listing.directories.filter { directory.children[$0] == nil }
  }

  /// Forgets a directory and all below it, and tells that the modules in them are gone from these paths.
  func forget(_ directory: WatchedDirectory) {
    let time = SuspendingClock().now
    if let name = directory.name { directory.parent?.children[name] = nil }
    for gone in directory.subtree {
      for name in gone.files.keys { noteRemoved(name, in: gone, time) }
      if case .watched(let descriptor) = gone.coverage, table.contains(gone), !guards.use(descriptor) {
        tools?.remove(descriptor)
      }
      if !gone.explicit.isEmpty { touchedRoots.formUnion(roots.indices) }
      table.remove(gone)
    }
  }

  func noteRemoved(_ name: FilePath.Component, in directory: WatchedDirectory, _ time: SuspendingClock.Instant) {
    let path = directory.path(of: name)
    directory.files[name] = nil
    links[path] = nil
    emit(path, .removed, time)
  }
}

extension Errno {
  /// Whether there is no directory of that name any more, so that there is nothing to read.
  var isMissingDirectory: Bool { [.noSuchFileOrDirectory, .notDirectory, .tooManySymbolicLinkLevels].contains(self) }
}

extension SystemError {
  /// Whether the kernel, or the memory that it may use, has no room for another watch.
  var isWatchShortage: Bool { errno == .noSpace || errno == .noMemory }
}
