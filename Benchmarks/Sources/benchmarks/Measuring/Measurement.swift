/// What one run of one contender took.
struct Measurement {
  /// Usually the time that passed; the contender's name says if it is another.
  var seconds: Double
  /// Processor time, with that of children.
  var processorSeconds: Double
  /// See ``ProcessRun/peakResidentBytes``.
  var peakResidentBytes = 0
  /// What came out, for contenders whose results can be compared: all that tell must tell the same.
  var answer: String?

  init(seconds: Double, processorSeconds: Double, answer: String? = nil) {
    self.seconds = seconds
    self.processorSeconds = processorSeconds
    self.answer = answer
  }

  init(_ run: ProcessRun, answer: String? = nil) {
    seconds = run.seconds
    processorSeconds = run.processorSeconds
    peakResidentBytes = run.peakResidentBytes
    self.answer = answer
  }
}
