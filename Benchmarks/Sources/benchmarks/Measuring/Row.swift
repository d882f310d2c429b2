/// A line of the table: one comparison, or why there is none.
struct Row {
  let title: String
  var ours = "—"
  var peer = "—"
  var ratio = "—"
  var target = "—"
  var verdict = Verdict.open

  enum Verdict: Equatable {
    /// There is no target.
    case open
    case met
    case missed
    /// A program did not run, or gave a wrong result.
    case failed(reason: String)
    case leftOut(reason: String)
  }
}

extension Row {
  /// The tool's time against a peer's.
  init(
    _ title: String, _ ours: Series, against peer: String, _ theirs: Series, _ time: KeyPath<Measurement, Double>,
    target: TimeTarget?
  ) {
    self.init(title: title)
    let (mine, yours) = (ours.samples { $0[keyPath: time] }, theirs.samples { $0[keyPath: time] })
    self.ours = Self.cell(mine, of: ours)
    self.peer = "\(peer): \(Self.cell(yours, of: theirs))"
    // Contenders of a round met the same machine; one that is slower for some rounds is so for both.
    let pairs = zip(ours.measurements, theirs.measurements).map { ($0[keyPath: time], $1[keyPath: time]) }
    judge(
      mine.median, quotient: Samples(pairs.map { $0 / $1 }).median, difference: Samples(pairs.map { $0 - $1 }).median,
      target)
  }

  /// One quantile of the tool's time against the same of a peer's.
  init(
    _ title: String, _ ours: Series, against peer: String, _ theirs: Series, quantile: Double, target: TimeTarget?
  ) {
    self.init(title: title)
    let (mine, yours) = (ours.samples(\.seconds).quantile(quantile), theirs.samples(\.seconds).quantile(quantile))
    self.ours = Quantity.seconds(mine)
    self.peer = "\(peer): \(Quantity.seconds(yours))"
    judge(mine, quotient: mine / yours, difference: mine - yours, target)
  }

  private mutating func judge(_ mine: Double, quotient: Double, difference: Double, _ target: TimeTarget?) {
    switch target {
    case .absolute(let limit):
      ratio = Quantity.ratio(quotient)
      self.target = "≤ \(Quantity.seconds(limit))"
      verdict = mine <= limit ? .met : .missed
    case .difference(let limit):
      ratio = Quantity.signedSeconds(difference)
      self.target = "≤ \(Quantity.signedSeconds(limit))"
      verdict = difference <= limit ? .met : .missed
    case .ratio(let limit):
      ratio = Quantity.ratio(quotient)
      self.target = "≤ \(Quantity.ratio(limit))"
      verdict = quotient <= limit ? .met : .missed
    case nil:
      ratio = Quantity.ratio(quotient)
    }
  }

  private static func cell(_ seconds: Samples, of series: Series) -> String {
    let read = series.diskReadBytes
    return Quantity.seconds(seconds) + (read > 0 ? ", \(Quantity.bytes(read)) from disk" : "")
  }

  /// What a server took for the tool's work, which nothing is held against.
  init(_ title: String, serverSeconds: Samples) {
    self.init(title: title)
    ours = Quantity.seconds(serverSeconds)
  }

  /// The tool's memory against a limit.
  init(_ title: String, bytes: Samples, atMost limit: Int) {
    self.init(title: title)
    ours = Quantity.bytes(bytes)
    target = "≤ \(Quantity.bytes(Double(limit)))"
    verdict = bytes.median <= Double(limit) ? .met : .missed
  }
}
