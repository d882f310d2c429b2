package import LinuxIO

/// Why the remembered hash of a file is not believed.
package enum StampDoubt: String, Hashable, Sendable, CaseIterable {
  case notRemembered = "not seen before"
  case otherFile = "another file"
  case sizeChanged = "size changed"
  case modified = "modification time changed"
  case statusChanged = "status change time changed"
  case modeChanged = "mode changed"
  /// The file was written so shortly before it was hashed that a later write could have left the same time stamps.
  case hashedTooSoon = "changed shortly before it was hashed"
  case inTheFuture = "its time stamps lie in the future"
}

/// The racy rule: when a file's remembered hash may stand for its contents without reading it.
///
/// Clocks of files tick coarsely (up to 2 s, on FAT). A file that is written after it was hashed, but within the same
/// tick, has the stamps that it was remembered with. So a hash counts only if it was begun a full tick after them, or if
/// it was proven that a later change would show (`RegularFile.showsChanges`). A stamp later than now says that a clock
/// was set, and then nothing follows from comparing times.
package enum StampTrust {
  /// Nanoseconds that must lie between a file's latest time stamp and the beginning of its hashing.
  package static let margin: Int64 = 2_000_000_000

  /// Stands for the beginning of a hashing after which no change could go unnoticed, whatever the margin.
  package static let proven = Int64.max

  /// The beginning of a file's hashing, as it is to be remembered.
  ///
  /// - Parameter stamp: the file's. It must be the same after hashing.
  package static func beginning(_ file: borrowing RegularFile, _ stamp: FileStamp) -> Int64 {
    let now = WallClock.now()
    let (settled, overflow) = max(stamp.modified, stamp.changed).addingReportingOverflow(margin)
    // Most files are old, and need no proof.
    if !overflow, now >= settled { return now }
    return file.showsChanges(since: stamp) ? proven : now
  }

  /// - Parameters:
  ///   - remembered: the file's stamp when it was hashed.
  ///   - hashed: when the hashing began, in nanoseconds since 1970, or ``proven``.
  ///   - current: the file's stamp now.
  ///   - now: nanoseconds since 1970.
  /// - Returns: nil if the hash may be trusted.
  package static func doubt(
    remembered: FileStamp, hashed: Int64, current: FileStamp, now: Int64
  ) -> StampDoubt? {
    if remembered.device != current.device || remembered.inode != current.inode { return .otherFile }
    if remembered.size != current.size { return .sizeChanged }
    if remembered.modified != current.modified { return .modified }
    if remembered.changed != current.changed { return .statusChanged }
    if remembered.mode != current.mode { return .modeChanged }
    let latest = max(current.modified, current.changed)
    if latest > now { return .inTheFuture }
    if hashed == proven { return nil }
    if hashed > now { return .inTheFuture }
    // Both sides may be out of range: file systems hand out any time stamp at all.
    let (settled, overflow) = latest.addingReportingOverflow(margin)
    return overflow || hashed < settled ? .hashedTooSoon : nil
  }
}
