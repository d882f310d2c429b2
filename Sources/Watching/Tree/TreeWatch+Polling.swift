internal import LinuxIO
internal import SystemPackage

/// Looking every few seconds at directories that cannot be watched.
extension TreeWatch {
  /// Looks at everything polled, and watches what has become possible to watch.
  func poll() {
    guard case .running = state else { return }
    let began = SuspendingClock().now
    if tools == nil {
      openTools()
      if tools != nil { return reopen(.inotifyReturned) }
    }
    promote()
    let unread = unreadable
    unreadable = [:]
    reportedErrors = unread.mapValues(\.error)
    for directory in table.polledDirectories where table.contains(directory) {
      guard !isStopRequested else { return }
      poll(directory)
    }
    for case let step? in unread.values.map(\.step) { walkAgain(step) }
    pollLinks()
    touchedRoots.formUnion(tools == nil ? Set(roots.indices) : unguardedRoots)
    armTouchedRoots()
    for index in options.dependencies.indices { lookAtDependency(index) }
    reportedErrors = [:]
    pollCost = SuspendingClock().now - began
    endTurn()
  }

  /// Sets the poll timer going, or stops it: where inotify works nothing is polled.
  ///
  /// A pause is no shorter than the last poll. A slow network file system is so left alone for half the time at least.
  func updatePolling() {
    let isNeeded =
      table.polledCount > 0 || !unreadable.isEmpty || !links.isEmpty || !unguardedRoots.isEmpty || tools == nil
    guard case .running = state, isNeeded else {
      pollAlarm?.set(to: nil)
      return
    }
    if !(pollAlarm?.isSet ?? true) { pollAlarm?.set(to: SuspendingClock().now + max(options.pollInterval, pollCost)) }
  }

  /// Says once that the limit is reached, when it is known how many directories it leaves out.
  func reportLimit() {
    guard isLimitReached, !hasReportedLimit else { return }
    hasReportedLimit = true
    var watches = InotifyLimits.watches ?? InotifyLimits.Watches(setting: "fs.inotify.max_user_watches", limit: 0)
    if let limit = hooks.watchLimit { watches.limit = limit }
    let polled = table.polledCount
    let sufficient = InotifyLimits.sufficient(beyond: watches.limit, missing: polled)
    tell(.watchLimit(watches, sufficient: sufficient, polled: polled))
  }

  /// A module that a listing shows.
  func noteListed(
    _ module: DirectoryListing.File, in directory: WatchedDirectory, _ file: borrowing Descriptor,
    _ time: SuspendingClock.Instant
  ) {
    let path = directory.path(of: module.name)
    if module.isLink { links[path] = .some(target(of: path)) }
    guard case .polled = directory.coverage else {
      directory.files[module.name] = .some(nil)
      return emit(path, .listed, time)
    }
    let stamp = (try? file.status(of: module.name).stamp).map { PolledStamp($0, margin: margin) }
    let known = directory.files.updateValue(stamp, forKey: module.name)
    guard let known else { return emit(path, .listed, time) }
    if differ(known, stamp) { emit(path, .written, time) }
  }

  func noteIfLink(_ path: FilePath) {
    let isLink = (try? Descriptor.status(of: path, followingLinks: false).stamp)?.kind == .symbolicLink
    links[path] = isLink ? .some(target(of: path)) : nil
  }

  /// Tries again to watch the directories that found no room. The limit may have been raised, or watches given back.
  private func promote() {
    guard isLimitReached else { return }
    isLimitReached = false
    for directory in table.polledDirectories where directory.coverage == .polled(.limit) {
      guard table.contains(directory) else { continue }
      do throws(SystemError) {
        guard let descriptor = try watch(directory.path, directory.identity, for: .contents) else { return }
        table.promote(directory, to: descriptor)
      } catch {
        guard !error.isWatchShortage else {
          isLimitReached = true
          return
        }
        continue
      }
      poll(directory)
    }
  }

  /// Lists a directory again; also after it was promoted, because a watch is worth nothing without a listing.
  private func poll(_ directory: WatchedDirectory) {
    let place = directory.name.flatMap { name in directory.parent.map { (parent: $0, name: name) } }
    let step = Step(path: directory.path, place: place)
    do throws(SystemError) {
      let file = try Descriptor.openDirectory(directory.path, followingLinks: place == nil)
      if try file.status().stamp.identity == directory.identity {
        for name in try refresh(directory, file) {
          walk(Step(path: directory.path.appending(name), place: (directory, name)))
        }
        return
      }
    } catch {
      if case .polled = directory.coverage, !error.errno.isMissingDirectory {
        // It keeps its place, where the next poll tries again: nothing in it need have changed.
        return note(Unreadable(step: nil, error: error.errno), at: directory.path)
      }
      if !error.errno.isMissingDirectory { note(Unreadable(step: step, error: error.errno), at: directory.path) }
    }
    forget(directory)
    walkAgain(step)
  }

  /// Tries a directory again, or one that has taken its place, unless that is known by now.
  private func walkAgain(_ step: Step) {
    guard let place = step.place else { return touchedRoots.formUnion(roots.indices) }
    if table.contains(place.parent), place.parent.children[place.name] == nil { walk(step) }
  }

  private func pollLinks() {
    for (path, known) in links {
      let stamp = target(of: path)
      links[path] = isWatchedTarget(of: path) ? nil : .some(stamp)
      if differ(known, stamp) { emit(path, .written, SuspendingClock().now) }
    }
  }

  private func target(of link: FilePath) -> PolledStamp? {
    (try? Descriptor.status(of: link, followingLinks: true).stamp).map { PolledStamp($0, margin: margin) }
  }

  /// Whether changes of a link's target are told anyway, under its own name.
  private func isWatchedTarget(of link: FilePath) -> Bool {
    guard let target = link.resolved, let name = target.lastComponent,
      let parent = try? Descriptor.status(of: target.removingLastComponent(), followingLinks: false).stamp,
      let directory = table[parent.identity]
    else { return false }
    return directory.takes(name, options.selection)
  }

  private func differ(_ old: PolledStamp?, _ new: PolledStamp?) -> Bool {
    guard let old, let new else { return (old == nil) != (new == nil) }
    return new.mayDiffer(from: old)
  }

  /// How coarse the times of a file system may be: a second on old NFS, two on FAT.
  private var margin: Duration { min(options.pollInterval, .seconds(2)) }
}
