/// The program's exit statuses. An interrupted run has none of these: it dies by its signal.
enum ExitStatus: Int32, Error, CaseIterable {
  /// Everything is in the cache.
  case success = 0
  /// A module failed.
  case moduleFailed = 1
  /// The arguments make no sense (EX_USAGE in sysexits.h; the argument parser's own).
  case usage = 64
  /// No engine can be used (EX_UNAVAILABLE).
  case engineUnavailable = 69
  /// The cache cannot be written, or a file that a build tool wanted (EX_CANTCREAT).
  case cacheUnwritable = 73

  /// The results could not be written to standard output (EX_IOERR).
  case outputLost = 74

  /// Merges the statuses of two things that were both done. The one that is worse to mend counts.
  func merged(with other: ExitStatus) -> ExitStatus { rawValue >= other.rawValue ? self : other }
}

/// A whole command's failure, with its message.
struct RunFailure: Error {
  let status: ExitStatus
  let message: String
}
