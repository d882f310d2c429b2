/// What one run of one contender took.
struct Measurement {
  /// The time that passed, unless the contender's name says that it is another.
  let seconds: Double
  /// The processor time that its work took.
  let processorSeconds: Double
  /// The program's exact account.
  let run: ProcessRun
  /// The processor time that a server took for it; nil if none did.
  let serverSeconds: Double?
  /// What came out, for contenders whose results can be compared: all that tell must tell the same.
  let answer: String?

  /// Of something that this process did or waited for itself.
  init(seconds: Double) {
    self.init(
      ProcessRun(
        command: [], nanoseconds: 0, processorSeconds: 0, diskReadBytes: 0, peakResidentBytes: 0, waitStatus: 0,
        output: ""), seconds: seconds)
  }

  /// - Parameters:
  ///   - seconds: the time, if it is not the one that the process ran.
  ///   - processorSeconds: the processor time, if the process did more than the work.
  init(
    _ run: ProcessRun, seconds: Double? = nil, processorSeconds: Double? = nil, serverSeconds: Double? = nil,
    answer: String? = nil
  ) {
    self.seconds = seconds ?? run.seconds
    self.processorSeconds = processorSeconds ?? run.processorSeconds
    self.serverSeconds = serverSeconds
    self.run = run
    self.answer = answer
  }
}
