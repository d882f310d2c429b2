/// Measures contenders in turn, so that whatever else the machine does meets all of them.
struct Rounds {
  private var runs: [() throws -> Measurement] = []
  private var measurements: [[Measurement]] = []

  /// Prepares a contender and lets it warm up with a run that does not count.
  ///
  /// - Returns: its index.
  mutating func add(_ contender: Contender) throws -> Int {
    let run = try contender.prepare()
    _ = try run()
    runs.append(run)
    measurements.append([])
    return runs.count - 1
  }

  /// - Parameter count: how often each contender runs.
  mutating func run(_ count: Int) throws {
    for round in 0..<count {
      // Every other round goes backwards, because the one before leaves something to the next: caches, writes, heat.
      let order = round.isMultiple(of: 2) ? Array(runs.indices) : runs.indices.reversed()
      for index in order { measurements[index].append(try runs[index]()) }
      try checkAgreement()
    }
  }

  /// One quantity of all of a contender's runs.
  func samples(_ quantity: (Measurement) -> Double, of contender: Int) -> Samples {
    Samples(measurements[contender].map(quantity))
  }

  private func checkAgreement() throws {
    let answers = Set(measurements.compactMap { $0.last?.answer })
    guard answers.count <= 1 else {
      throw Failure("different results: \(answers.sorted().joined(separator: "; "))")
    }
  }
}
