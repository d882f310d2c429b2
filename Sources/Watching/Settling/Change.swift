package import SystemPackage

/// A module to look at, because something happened to its name and nothing more has happened for a while.
package struct Change: Hashable, Sendable {
  package var path: FilePath
  /// The last thing that happened to it.
  package var cause: FileEvent.Kind
  /// When that happened: from here on a user waits.
  package var time: SuspendingClock.Instant
  /// How often it was looked at in vain since then, because somebody was still writing.
  package var attempt: Int

  package init(path: FilePath, cause: FileEvent.Kind, time: SuspendingClock.Instant, attempt: Int = 0) {
    self.path = path
    self.cause = cause
    self.time = time
    self.attempt = attempt
  }
}
