internal import LinuxIO

/// The time that is left until a deadline, for several waits.
///
/// It is counted in slices, each for no more than its length: a whole job that is suspended loses no time.
struct Patience {
  private static let slice: UInt64 = 1_000_000_000
  /// Nanoseconds.
  private var left: UInt64

  init(until deadline: MonotonicInstant) { left = deadline.nanoseconds(since: .now()) }

  /// - Parameter isReady: waits for so many milliseconds.
  /// - Returns: whether it was ready before the time was over.
  mutating func wait(
    for isReady: (_ milliseconds: Int) throws(SystemError) -> Bool
  ) throws(SystemError) -> Bool {
    while true {
      let slice = min(left, Self.slice)
      let begin = MonotonicInstant.now()
      // The slice is rounded up, so that a wait never ends just before the deadline.
      if try isReady(Int(slice / 1_000_000) + 1) { return true }
      left -= min(slice, MonotonicInstant.now().nanoseconds(since: begin))
      if left == 0 { return false }
    }
  }
}
