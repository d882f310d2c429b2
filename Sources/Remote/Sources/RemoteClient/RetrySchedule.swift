/// When a call is made again that a server, or something before it, has dropped.
///
/// nginx closes a connection after 1,000 requests as a rule, with those that are on their way, and it takes up to half a second on a
/// busy machine until the next connection is there.
package enum RetrySchedule {
  /// How often a call is made at most while nothing else succeeds.
  package static let tries = 5
  /// The same where no call has ever succeeded: a server that is not there is to cost little.
  package static let triesAtFirst = 3
  /// The same for a server that says that it has too much to do.
  package static let triesWhenBusy = 7
  /// How often a call is made at most while others succeed.
  package static let triesAmongSuccesses = 16

  /// Nanoseconds before another try: 10 to 20 ms, 40 to 80 ms, 160 to 320 ms, 0.64 to 1.28 s, and no more.
  ///
  /// - Parameters:
  ///   - attempt: the number of the try that failed, from 0.
  ///   - random: between 0 and 1, so that not all clients come back at once.
  package static func delay(after attempt: Int, random: Double) -> UInt64 {
    let base = 10_000_000 << UInt64(2 * min(max(0, attempt), 3))
    return UInt64(Double(base) * (1 + min(max(0, random), 1)))
  }

  /// The tries of one call.
  package struct Tries {
    /// Those in a row during which nothing else succeeded either.
    private var alone = 0
    private var all = 0

    package init() {}

    /// Whether there was one.
    var isAgain: Bool { all > 0 }

    /// Counts a try that failed.
    ///
    /// - Parameters:
    ///   - isFirst: whether no call has ever succeeded.
    ///   - othersSucceed: whether calls have succeeded meanwhile.
    /// - Returns: nanoseconds before the next; nil if there should be none.
    package mutating func delay(
      isBusy: Bool, isFirst: Bool = false, othersSucceed: Bool, random: Double
    ) -> UInt64? {
      all += 1
      // A server that is busy needs longer pauses, whatever it does for others; but one that is full is busy for ever.
      alone = othersSucceed && !isBusy ? 1 : alone + 1
      let most = isBusy ? triesWhenBusy : isFirst ? triesAtFirst : tries
      guard alone < most, all < triesAmongSuccesses else { return nil }
      return RetrySchedule.delay(after: isBusy ? min(alone - 1, 2) : alone - 1, random: random)
    }
  }
}
