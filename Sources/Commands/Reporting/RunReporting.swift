internal import Precompiler

/// Shows a run while it happens and afterwards, to people or to programs.
protocol RunReporting: RunObserver {
  func report(_ summary: RunSummary)
  /// The run could not be done at all. The program says so on standard error, whoever reads standard output.
  func report(_ failure: RunFailure)
  /// Removes what is shown only while the run goes on.
  func clearStatus()
}
