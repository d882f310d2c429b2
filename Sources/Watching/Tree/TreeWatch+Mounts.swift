internal import LinuxIO
internal import SystemPackage

/// Following file systems that are mounted below the roots, or above.
extension TreeWatch {
  func watchMounts() {
    mounts = MountTable.mounts()
    mountTable = MountTable { [weak self] in self?.onQueue { $0.mountsChanged() } }
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
