/// Measures contenders in turn, so that whatever else the machine does meets all of them.
struct Rounds {
  private var runs: [() throws -> Measurement] = []
  private(set) var series: [Series] = []

  /// Prepares a contender and lets it warm up with a run that does not count.
  ///
  /// - Returns: its index in ``series``.
  mutating func add(_ contender: Contender) throws -> Int {
    let run = try contender.prepare()
    _ = try run()
    runs.append(run)
    series.append(Series())
    return runs.count - 1
  }

  /// - Parameter count: how often each contender runs.
  mutating func run(_ count: Int) throws {
    for round in 0..<count {
      // Every other round goes backwards, because the one before leaves something to the next: caches, writes, heat.
      let order = round.isMultiple(of: 2) ? Array(runs.indices) : runs.indices.reversed()
      for index in order { series[index].measurements.append(try runs[index]()) }
      try checkAgreement()
    }
  }

  private func checkAgreement() throws {
    let answers = Set(series.compactMap { $0.measurements.last?.answer })
    guard answers.count <= 1 else {
      throw Failure("different results: \(answers.sorted().joined(separator: "; "))")
    }
  }
}
