/// What one run of one contender took.
struct Measurement {
  /// The time that passed, unless the contender's name says that it is another.
  let seconds: Double
  /// The program's exact account.
  let run: ProcessRun
  /// What came out, for contenders whose results can be compared: all that tell must tell the same.
  let answer: String?

  init(_ run: ProcessRun, seconds: Double? = nil, answer: String? = nil) {
    self.seconds = seconds ?? run.seconds
    self.run = run
    self.answer = answer
  }
}
