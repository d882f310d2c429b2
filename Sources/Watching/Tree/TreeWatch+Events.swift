internal import Dispatch
internal import LinuxIO
internal import SystemPackage

/// Following the kernel's events.
extension TreeWatch {
  /// How many events are handled before other work on the queue gets its turn.
  private static let turn = 4096
  /// Handles everything that is queued; the descriptor does not say that something is left in the library's buffer.
  func drain() {
    guard case .running = state else { return }
    var left = Self.turn
    while left > 0, !isStopRequested, let event = tools?.next() {
      left -= 1
      handle(event)
    }
    armTouchedRoots()
    if left == 0 { onQueue { $0.drain() } }
    endTurn()
  }

  /// Does the work that is due after every change of the table.
  func endTurn() {
    reportLimit()
    updatePolling()
    recoveryAlarm?.set(to: recovery.rescanTime)
    flush()
    // Walks look into the kernel's queue too, and leave what they find there for the next turn.
    if tools?.hasCollected ?? false { onQueue { $0.drain() } }
    let live = tools?.liveWatches ?? 0
    if tools?.staleNodes ?? 0 > max(hooks.toleratedStaleNodes, 4 * live) { restart(.staleNodes) }
  }

  private func handle(_ event: InotifyEvent) {
    // An overflow belongs to no watch.
    guard !event.mask.contains(.overflow) else {
      recovery.overflowed(at: event.time)
      return tell(once: .overflow)
    }
    recovery.sawEvent(at: event.time)
    touchedRoots.formUnion(guards.roots(touchedBy: event))
    if event.mask.contains(.ignored) { guards.remove(event.watch) }
    handleEntries(event)
    guard let directory = table[event.watch] else { return }
    if let name = event.name {
      if event.mask.contains(.isDirectory) {
        subdirectory(name, in: directory, event.mask)
      } else if directory.takes(name, options.selection) {
        module(name, in: directory, event)
      }
    } else if event.mask.contains(.ignored) {
      noteVanished(directory)
    } else if event.mask.contains(.moveSelf), case .polled? = directory.parent?.coverage {
      // A polled parent tells nothing. A watched one tells what became of the name.
      noteVanished(directory)
    }
  }

  private func subdirectory(_ name: FilePath.Component, in directory: WatchedDirectory, _ mask: InotifyMask) {
    guard directory.isRecursive else { return }
    let known = directory.children[name]
    if !mask.isDisjoint(with: [.delete, .movedFrom]) {
      if let known { forget(known) }
      // If names were exchanged, this event can come after the one that told of the present directory.
      lookAgain(for: name, in: directory)
    } else if mask.contains(.movedTo) {
      // The rename may have replaced an empty directory, about which the parent hears nothing.
      walk(Step(path: directory.path.appending(name), place: (directory, name)))
    } else if mask.contains(.create), known == nil {
      // A known one was found by a walk after this event, or its end would have been told before.
      walk(Step(path: directory.path.appending(name), place: (directory, name)))
    }
  }

  private func module(_ name: FilePath.Component, in directory: WatchedDirectory, _ event: InotifyEvent) {
    let path = directory.path(of: name)
    let mask = event.mask
    if mask.isDisjoint(with: [.delete, .movedFrom]) {
      directory.files[name] = .some(nil)
      if !mask.contains(.closeWrite) { noteIfLink(path) }
      let kind: FileEvent.Kind =
        mask.contains(.closeWrite) ? .written : mask.contains(.movedTo) ? .movedIn : .created
      emit(path, kind, event.time)
    } else if let stamp = try? Descriptor.status(of: directory.path.appending(name), followingLinks: false).stamp,
      stamp.kind != .directory
    {
      // Names were exchanged, or the file was made again already. Only the present file matters.
      directory.files[name] = .some(nil)
      emit(path, .movedIn, event.time)
    } else {
      noteRemoved(name, in: directory, event.time)
    }
  }

  private func noteVanished(_ directory: WatchedDirectory) {
    let place = directory.name.flatMap { name in directory.parent.map { ($0, name) } }
    forget(directory)
    guard let (parent, name) = place else { return touchedRoots.formUnion(roots.indices) }
    // After an unmount there is a directory of that name all the same.
    lookAgain(for: name, in: parent)
  }

  private func lookAgain(for name: FilePath.Component, in directory: WatchedDirectory) {
    let path = directory.path.appending(name)
    guard table.contains(directory), let stamp = try? Descriptor.status(of: path, followingLinks: false).stamp else {
      return
    }
    if stamp.kind == .directory { walk(Step(path: path, place: (directory, name))) }
  }
}
