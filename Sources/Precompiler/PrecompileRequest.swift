package import Scanning
package import SystemPackage
package import WasmCache

/// The task of a run.
package struct PrecompileRequest: Sendable {
  package var input: RunInput
  package var caches: CachePlaces
  package var work: WorkPolicy
  package var limits = ModuleLimits()
  package var purpose = RunPurpose.compile
  /// The store on another machine that is used, if there is one.
  package var remote: RemoteUse?
  /// The recorder of when each part of the run happens.
  package var timings: RunTimings?

  package init(_ input: RunInput, caches: CachePlaces, work: WorkPolicy) {
    self.input = input
    self.caches = caches
    self.work = work
  }
}

/// The files and directories to precompile, and how modules are selected among them.
package struct RunInput: Sendable {
  package var roots: [FilePath]
  package var excludes: [ExcludePattern] = []
  package var followLinks = false
  /// Tells in the summary which directories were scanned.
  package var namesDirectories = false
  /// Treat files that another process has open for writing as files that changed while they were read.
  package var avoidsWriters = false
  /// Directories that files among the roots are remembered under, as a scan of those directories would do. A file below
  /// none of them is remembered under the directory that it lies in.
  package var rememberedUnder: [FilePath] = []

  package init(_ roots: [FilePath]) { self.roots = roots }
}

/// The places where artifacts are looked for and stored.
package struct CachePlaces: Sendable {
  package var path: FilePath
  /// Caches that are only read, the first first.
  package var lower: [FilePath] = []
  package var trust = CacheTrust.owner
  /// The keys of which one must have signed what a lower cache has; none if that is not asked for.
  package var trustedKeys = TrustedKeys.none
  /// Signs what is stored in the cache.
  package var signer: SigningKey?
  /// How large the cache may be; nil for any size.
  package var sizeLimit: CacheSizeLimit?

  package init(_ path: FilePath) { self.path = path }
}

/// How large a run lets its cache be.
package struct CacheSizeLimit: Hashable, Sendable {
  /// Bytes of artifacts that may stay.
  package var bytes: Int64
  /// Whether somebody chose it. If nobody did, it is kept to only by runs that make the cache larger.
  package var isChosen: Bool

  package init(bytes: Int64, isChosen: Bool) {
    self.bytes = bytes
    self.isChosen = isChosen
  }
}

/// How the work is done.
package struct WorkPolicy: Sendable {
  /// How many modules are compiled at the same time.
  package var lanes: Int
  /// How many threads may compile at the same time, as long as there are fewer modules; nil for as many as there are
  /// processors.
  package var processors: Int?
  package var isolation = Isolation.origin
  /// Job slots of the make above us. One lane is free; each further lane takes a token.
  package var jobserver: Jobserver?
  /// Why there is only one lane though there could be more. It is reported when that matters.
  package var laneWarning: String?
  package var failFast = false
  /// Compile what the cache has, too.
  package var force = false
  /// Read every file, whatever is remembered of it.
  package var rehash = false
  /// Hash the artifacts that the cache has, too, for a run that only looks.
  package var verify = false
  /// Asked before each compilation, from any thread: whether it is still worth doing.
  package var isWanted: @Sendable (Job) -> Bool = { _ in true }

  package init(lanes: Int) { self.lanes = max(1, lanes) }

  /// The number of threads that may look at files. Looking is not worth a job slot.
  var threads: Int { jobserver == nil ? lanes : 1 }
}

/// Limits to what one module may cost.
package struct ModuleLimits: Sendable {
  /// Seconds a module may take.
  package var timeout: Double = 120
  /// Bytes of the largest module that is read.
  package var largestModule = ModuleReader.defaultLimit
  /// Bytes of the largest artifact that is taken from another machine. Compilers are told theirs.
  package var largestArtifact = 4 << 30
  package var retained = RetainedModules()

  package init() {}
}
