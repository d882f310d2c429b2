internal import Precompiler
internal import WasmCache

/// Opens a run's artifacts with their bytes checked, wherever they lie: in the run's own cache or in a lower one.
struct ArtifactReaders {
  private let catalog: LoadingCatalog
  /// The readers by the parts of caches, which live as long as the run's targets.
  private var readers: [ObjectIdentifier: VerifiedEntries] = [:]
  private let targets: [CompileTarget]

  /// - Parameter isWritable: whether what is found out may be written down, and corrupt artifacts moved aside.
  init(_ summary: RunSummary, isWritable: Bool? = nil) {
    targets = summary.targets
    let isWritable = isWritable ?? !summary.purpose.onlyLooks
    // Without a cache of its own, the run has nowhere to write anything down.
    catalog = LoadingCatalog(of: summary.caches.own, isWritable: isWritable)
  }

  /// - Returns: the part of a cache that has the module's artifact; the run's own if none has; nil if there is no cache.
  mutating func entries(of module: WasmHash, for target: CompileTarget) -> VerifiedEntries? {
    guard let place = target.place(of: module) else { return nil }
    let key = ObjectIdentifier(place)
    if let known = readers[key] { return known }
    let made = VerifiedEntries(place, catalog)
    readers[key] = made
    return made
  }
}
