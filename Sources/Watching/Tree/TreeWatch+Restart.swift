internal import Dispatch
internal import SystemPackage

/// Starting over: the one answer to every doubt about the table.
extension TreeWatch {
  /// Gives all watches back, takes a new instance and lists all roots.
  ///
  /// After an overflow the table may be wrong in ways that only new watches put right: a directory may have been
  /// replaced by another with the same inode. It is also the only way to make the library free the nodes of
  /// directories that are gone; 100,000 of them are 23 MB.
  func restart(_ cause: WatchNotice.RescanCause) {
    guard case .running = state else { return }
    state = .restarting(cause)
    // Dispatch must have let go of the descriptor before the library closes it; `close` goes on from there.
    if let source { source.cancel() } else { reopen(cause) }
  }

  func reopen(_ cause: WatchNotice.RescanCause) {
    let before = table.files
    table = DirectoryTable()
    guards = RootGuards()
    links = [:]
    remoteDevices = [:]
    touchedRoots = []
    unguardedRoots = []
    isLimitReached = false
    if cause == .requested { forgetWhatWasTold() }
    for root in roots.indices where armed[root] != .missing { armed[root] = .unarmed }
    open()
    let time = SuspendingClock().now
    for path in before.subtracting(table.files) { emit(path, .removed, time) }
    recovery.rescanned(at: time)
    tell(.rescanned(cause: cause, directories: table.count, overflows: recovery.count))
    endTurn()
  }

  /// A user who has everything looked at again wants to hear of all that is wrong with it.
  private func forgetWhatWasTold() {
    reportedNotices = []
    unreadable = [:]
    hasReportedLimit = false
  }
}
