internal import Precompiler

/// Shows a run while it happens and afterwards, to people or to programs.
protocol RunReporting: RunObserver {
  /// Files for build tools were written; the summary follows.
  func report(_ outputs: BuildReport)
  func report(_ summary: RunSummary)
  /// The run was interrupted, and the process is about to die by the signal.
  func report(interrupted summary: RunSummary)
  /// The run could not be done at all. The program says so on standard error, whatever standard output is for.
  func report(_ failure: RunFailure)
  /// Removes the lines that are shown only while the run goes on.
  func clearStatus()
}
