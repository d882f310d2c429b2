internal import RemoteProtocol

/// The time from a question to its answer.
enum RoundTrip {
  /// The median, in milliseconds with two places: `0.62 ms`.
  static func fact(_ nanoseconds: [UInt64]) -> RemoteFact {
    let sorted = nanoseconds.sorted()
    let median = sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    let hundredths = (median + 5_000) / 10_000
    let rest = hundredths % 100
    return RemoteFact("round trip", "\(hundredths / 100).\(rest < 10 ? "0" : "")\(rest) ms")
  }
}
