/// Measures contenders in turn, so that whatever else the machine does meets all of them.
///
/// In a round that takes seconds, the machine may become slower between two contenders. So its pace is taken before each of them and
/// after the last. Rounds in which it changed are made again, whatever came out, and the most even ones count.
struct Rounds {
  private var warmUpSeconds = 0.0
  private var runs: [() throws -> Measurement] = []
  private let processors: Int
  private(set) var series: [Series] = []
  /// How many rounds were made that do not count.
  private(set) var uneven = 0

  init(processors: Int) { self.processors = processors }

  /// Seconds from which a round is long.
  private static let long = 1.0
  /// How much slower the machine may be at one end of a contender than at another.
  private static let evenEnough = 1.08
  /// How many times the rounds that count are made at most.
  private static let mostAttempts = 3

  /// Prepares a contender and lets it warm up with a run that does not count.
  ///
  /// - Returns: its index in ``series``.
  mutating func add(_ contender: Contender) throws -> Int {
    let run = try contender.prepare()
    warmUpSeconds += try run().run.seconds
    runs.append(run)
    series.append(Series())
    return runs.count - 1
  }

  /// - Parameter count: how often each contender runs.
  mutating func run(_ count: Int) throws {
    var rounds: [(measurements: [Measurement], change: Double)] = []
    while rounds.count(where: { $0.change <= Self.evenEnough }) < count, rounds.count < Self.mostAttempts * count {
      // Every other round goes backwards, because the one before leaves something to the next: caches, writes, heat.
      rounds.append(try round(backwards: !rounds.count.isMultiple(of: 2)))
    }
    uneven = rounds.count - count
    let counted = rounds.enumerated().sorted { ($0.element.change, $0.offset) < ($1.element.change, $1.offset) }
      .prefix(count).sorted { $0.offset < $1.offset }
    for (_, round) in counted {
      for (index, measurement) in round.measurements.enumerated() { series[index].measurements.append(measurement) }
    }
  }

  /// - Returns: what each contender took, and how many times as long as at its best the machine took for a fixed work.
  private func round(backwards: Bool) throws -> ([Measurement], change: Double) {
    let isLong = warmUpSeconds >= Self.long
    var paces = isLong ? [Pace.seconds(processors: processors)] : []
    var measurements: [(index: Int, Measurement)] = []
    for index in backwards ? runs.indices.reversed() : Array(runs.indices) {
      measurements.append((index, try runs[index]()))
      if isLong { paces.append(Pace.seconds(processors: processors)) }
    }
    let inOrder = measurements.sorted { $0.index < $1.index }.map(\.1)
    try Self.checkAgreement(inOrder)
    return (inOrder, (paces.max() ?? 1) / (paces.min() ?? 1))
  }

  private static func checkAgreement(_ measurements: [Measurement]) throws {
    let answers = Set(measurements.compactMap(\.answer))
    guard answers.count <= 1 else {
      throw Failure("different results: \(answers.sorted().joined(separator: "; "))")
    }
  }
}
