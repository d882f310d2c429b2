internal import LinuxIO
internal import SystemPackage

extension WarmBatch {
  /// Files of the batch that are no modules, and that nobody can be writing, because they were found as they have been for a
  /// while.
  func oldFiles(rejectedIn outcomes: [FilePath: WarmOutcome], quietFor time: Duration) -> Set<FilePath> {
    let before = WallClock.now() - time.components.seconds * 1_000_000_000
    var old: Set<FilePath> = []
    for change in changes where change.cause == .listed {
      guard case .rejected = outcomes[change.path],
        let stamp = try? Descriptor.status(of: change.path).stamp, max(stamp.modified, stamp.changed) < before
      else { continue }
      old.insert(change.path)
    }
    return old
  }
}
