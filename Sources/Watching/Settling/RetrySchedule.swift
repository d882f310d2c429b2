/// When to look again at a file that could not be warmed.
package enum RetrySchedule {
  private static let first = Duration.milliseconds(50)
  private static let longest = Duration.seconds(2)

  /// The wait for something outside of the file to be mended, from 1 s doubling to 32 s. Each look may be a compilation.
  package static func delayOfPostponed(afterAttempt attempt: Int) -> Duration {
    .seconds(1 << min(max(attempt - 1, 0), 5))
  }

  /// The wait for a writer after `attempt` looks in vain, from 50 ms doubling to 2 s.
  package static func delay(afterAttempt attempt: Int) -> Duration {
    min(first * (1 << min(max(attempt - 1, 0), 6)), longest)
  }
}
