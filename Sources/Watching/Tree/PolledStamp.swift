internal import LinuxIO

/// A polled file's state, and whether a later change could look the same.
struct PolledStamp: Hashable {
  private var stamp: FileStamp
  /// The file changed so shortly before it was looked at that another change may have got the same times.
  private var isRacy: Bool

  /// - Parameter margin: how coarse the file system's times may be.
  init(_ stamp: FileStamp, margin: Duration) {
    self.stamp = stamp
    let age = WallClock.now() - max(stamp.modified, stamp.changed)
    isRacy = age < margin.components.seconds * 1_000_000_000 + margin.components.attoseconds / 1_000_000_000
  }

  /// Whether the content may have changed between `old` and this.
  func mayDiffer(from old: PolledStamp) -> Bool {
    stamp != old.stamp || old.isRacy
  }
}
