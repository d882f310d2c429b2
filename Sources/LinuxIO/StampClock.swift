internal import CLinux
internal import Glibc

/// Whether a file's next change must show in its stamp.
///
/// The kernel gives a changed file the time of its coarse clock, which stands still for some milliseconds. So a change leaves
/// another stamp if that clock has gone on since the last one. (Rejected: a margin of some ticks. A virtual machine's clock can
/// stand still for longer, while other processors go on. The clock itself tells.)
extension RegularFile {
  /// Whether every change from now on gives the file another stamp than the one it has.
  ///
  /// It is false where that cannot be told: a writer that has the file open may have set the stamp and still be writing; a
  /// file system may have a clock of its own (NFS), or one that is coarser than the kernel's (FAT); another user's file
  /// tells nothing of its writers.
  ///
  /// - Parameter stamp: the file's, taken before.
  package func showsChanges(since stamp: FileStamp) -> Bool {
    // The clock is read first: whoever opens the file after the look for writers leaves a stamp that is not earlier.
    let clock = WallClock.ofStamps()
    return max(stamp.modified, stamp.changed) < clock && StampClock.isFine(stamp)
      && StampClock.isKernels(of: descriptor) && descriptor.hasNoWriter
  }
}

/// The clock that the stamps of a file system come from.
package enum StampClock {
  /// Nanoseconds since 1970.
  package static func now() -> Int64 { WallClock.ofStamps() }

  /// Waits until what was changed before has earlier stamps than what is changed from now on: some milliseconds.
  ///
  /// - Returns: false if the clock did not go on, as where the machine stands still.
  package static func waitForTick() -> Bool {
    let now = WallClock.now()
    for _ in 0..<mostMilliseconds {
      if WallClock.ofStamps() > now { return true }
      usleep(1000)
    }
    return false
  }

  /// Several ticks of the slowest clock, which has a hundred a second.
  private static let mostMilliseconds = 50

  /// Whether a stamp was not rounded to milliseconds or more, as by FAT, or by ext4 with small inodes.
  package static func isFine(_ stamp: FileStamp) -> Bool { stamp.changed % 1_000_000 != 0 }

  /// Whether a file's stamps come from this kernel's clock.
  package static func isKernels(of file: borrowing Descriptor) -> Bool {
    var type: Int64 = 0
    guard clinux_file_system_type(file.raw, &type) == 0 else { return false }
    return isKernels(type: type)
  }

  /// - Parameter type: `f_type` of statfs(2).
  static func isKernels(type: Int64) -> Bool {
    switch UInt32(truncatingIfNeeded: type) {
    // ext2 to ext4, XFS, Btrfs, tmpfs, overlayfs, F2FS, bcachefs
    case 0xef53, 0x5846_5342, 0x9123_683e, 0x0102_1994, 0x794c_7630, 0xf2f5_2010, 0xca45_1a4e: true
    default: false
    }
  }
}
