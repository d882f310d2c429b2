/// When to look again at a file that somebody has open for writing.
package enum RetrySchedule {
  private static let first = Duration.milliseconds(50)
  private static let longest = Duration.seconds(2)

  /// The wait after `attempt` looks in vain, from 50 ms doubling to 2 s.
  package static func delay(afterAttempt attempt: Int) -> Duration {
    min(first * (1 << min(max(attempt - 1, 0), 6)), longest)
  }
}
