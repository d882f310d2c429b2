internal import LinuxIO
internal import SystemPackage

/// Following file systems that are mounted below the roots, or above.
extension TreeWatch {
  func watchMounts() {
    mounts = MountTable.mounts()
    mountTable = MountTable { [weak self] in
      // First of all: no run may take what is mounted now for what was there before.
      ImageFileSystems.lookAgain()
      self?.onQueue { $0.mountsChanged() }
    }
    if mountTable != nil { ImageFileSystems.follow(true) }
  }

  func stopWatchingMounts() {
    guard let table = mountTable else { return }
    table.end()
    mountTable = nil
    ImageFileSystems.follow(false)
  }

  private func mountsChanged() {
    guard case .running = state else { return }
    let present = MountTable.mounts()
    let changed = mounts.symmetricDifference(present).map(\.point)
    mounts = present
    let places = roots.map { $0.resolved ?? $0.absolute }
    let matters = changed.contains { point in places.contains { $0.starts(with: point) || point.starts(with: $0) } }
    if matters { restart(.mounts) }
  }
}
