package import Scanning
package import SystemPackage

/// What happens in a run, told while it happens. A new one breaks every switch over them, so that nobody swallows it
/// unknowingly.
package enum RunEvent: Sendable {
  /// The run has its compilers and a cache.
  case prepared(RunPreparation)
  /// Worth knowing for whoever wants to know everything.
  case noted(String)
  /// Compilers run without defences that the kernel lacks or forbids; told of each compiler.
  case unconfined(missing: [String])
  /// A user should mend it, though the run does what was asked.
  case warned(String)
  /// A lower cache, or something in it, cannot be used; the run goes on without.
  case lowerCacheTrouble(FilePath, reason: String)
  /// Something below a root could not be scanned; the run goes on.
  case noticed(ScanProblem)
  /// A file gave no module; the run goes on.
  case rejected(FailedFile)
  /// It is known what has to be compiled.
  case planned(Plan)
  case began(Job)
  /// It was compiled; the artifact is being stored, while the lane goes on.
  case storing(Job)
  case finished(JobOutcome)
}

/// What is known before the first file is looked at.
package struct RunPreparation: Sendable {
  package let targets: [CompileTarget]
  package let cache: FilePath
  package let lowerCaches: [FilePath]
  package let lanes: Int

  package init(targets: [CompileTarget], cache: FilePath, lowerCaches: [FilePath] = [], lanes: Int) {
    self.targets = targets
    self.cache = cache
    self.lowerCaches = lowerCaches
    self.lanes = lanes
  }
}

/// Is told of a run's progress, from any thread.
package protocol RunObserver: Sendable {
  func record(_ event: RunEvent)
}
