internal import Glibc

/// The time of day, which may jump; for comparing with files' time stamps.
package enum WallClock {
  /// Nanoseconds since 1970 (CLOCK_REALTIME); what does not fit is the year 2262.
  package static func now() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return FileStamp.nanoseconds(time)
  }

  /// The kernel's clock for time stamps of files (CLOCK_REALTIME_COARSE), in nanoseconds since 1970. It goes on with each tick,
  /// and a file that is changed from now on gets no earlier stamp.
  static func ofStamps() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME_COARSE, &time)
    return FileStamp.nanoseconds(time)
  }
}
