package import Scanning
package import SystemPackage
package import WasmCache

/// An event of a run, reported while it happens. A new case breaks every switch over them, so that none swallows it
/// unknowingly.
package enum RunEvent: Sendable {
  /// The run has its compilers and a cache.
  case prepared(RunPreparation)
  /// What was taken where the user left it open.
  case told(String)
  /// A note for users who want to know everything.
  case noted(String)
  /// Compilers run without defences that the kernel lacks or forbids. It is reported for each compiler.
  case unconfined(missing: [String])
  /// A user should mend it, though the run does what was asked.
  case warned(String)
  /// A lower cache, or something in it, cannot be used; the run goes on without.
  case lowerCacheTrouble(FilePath, LowerCacheTrouble)
  /// A store on another machine, or something in it, cannot be used; the run goes on without.
  ///
  /// - Parameter store: its address.
  case remoteTrouble(_ store: String, RemoteStoreTrouble)
  /// So many artifacts are still being asked for of the store on another machine.
  case awaiting(Int)
  /// A cache is in a place from which runtimes cannot map code.
  case noexec(FilePath)
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

/// The facts that are known before the first file is looked at.
package struct RunPreparation: Sendable {
  package let targets: [CompileTarget]
  package let cache: FilePath
  package let lowerCaches: [FilePath]
  package let lanes: Int
  /// The address of the store on another machine; nil if there is none, or the run does not ask.
  package let remote: String?

  package init(
    targets: [CompileTarget], cache: FilePath, lowerCaches: [FilePath] = [], lanes: Int, remote: String? = nil
  ) {
    self.remote = remote
    self.targets = targets
    self.cache = cache
    self.lowerCaches = lowerCaches
    self.lanes = lanes
  }
}

/// Why a lower cache, or something in it, is not used.
package enum LowerCacheTrouble: Hashable, Sendable {
  /// Nothing in it can be used.
  case unusable(CacheError)
  /// Its artifact of one module cannot be used.
  ///
  /// - Parameters:
  ///   - module: the module's file.
  ///   - instead: what becomes of the module.
  case artifact(module: FilePath, reason: String, instead: Substitute)
  /// Several of its artifacts are not signed by a key that is trusted, for the same reason.
  ///
  /// - Parameters:
  ///   - first: the file of the first of their modules.
  ///   - instead: what becomes of the modules.
  case refused(count: Int, SignatureFault, first: FilePath, instead: Substitute)
  /// It was copied by something that does not keep links, so its artifacts are not found.
  case copiedWithoutLinks

  /// The fate of a module whose artifact cannot be used.
  package enum Substitute: String, Sendable {
    case compiled = "compiled instead"
    case taken = "taken from another lower cache"
    /// The run only looks, so the artifact stays missing.
    case missing
  }
}

extension LowerCacheTrouble: CustomStringConvertible {
  /// The trouble without the cache's path, which the caller prints in front.
  package var description: String {
    switch self {
    case .unusable(let error): error.lowerCacheComplaint
    case .artifact(let module, let reason, let instead): "\(reason): \(module.string) is \(instead.rawValue)"
    case .refused(let count, let fault, let first, let instead):
      "\(fault.description(ofArtifacts: count)): \(first.string) and \(count - 1) more are \(instead.rawValue)"
    case .copiedWithoutLinks: "was copied without its links"
    }
  }
}

/// Receives a run's events, from any thread.
package protocol RunObserver: Sendable {
  func record(_ event: RunEvent)
}
