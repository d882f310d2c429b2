/// When a call is made again that a server, or something before it, has dropped.
///
/// nginx closes a connection after 1,000 requests as a rule, and the next call then finds none.
package enum RetrySchedule {
  /// How often a call is made at most.
  package static let tries = 4
  /// The same for a server that says that it has too much to do.
  package static let triesWhenBusy = 7

  /// Nanoseconds before another try: 10 to 20 ms, 40 to 80 ms, 160 to 320 ms, and no more.
  ///
  /// - Parameters:
  ///   - attempt: the number of the try that failed, from 0.
  ///   - random: between 0 and 1, so that not all clients come back at once.
  package static func delay(after attempt: Int, random: Double) -> UInt64 {
    let base = 10_000_000 << UInt64(2 * min(max(0, attempt), 2))
    return UInt64(Double(base) * (1 + min(max(0, random), 1)))
  }
}
