internal import Glibc

/// Clocks in nanoseconds.
enum Clock {
  /// Time that never jumps.
  static var wall: Int { read(CLOCK_MONOTONIC) }

  /// Processor time of all threads of this process so far.
  static var processor: Int { read(CLOCK_PROCESS_CPUTIME_ID) }

  private static func read(_ clock: clockid_t) -> Int {
    var time = timespec()
    clock_gettime(clock, &time)
    return time.tv_sec * 1_000_000_000 + time.tv_nsec
  }
}
