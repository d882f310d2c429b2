internal import SystemPackage
internal import WasmCache

/// The stage *fetch*: gets what the run's own cache lacks from lower caches.
struct FetchStage {
  let contents: [ModuleContent]
  let targets: [CompileTarget]
  /// The first that has an artifact is used.
  let stores: [any ArtifactStore]

  /// What could not be used, by store.
  struct Trouble: Sendable {
    let store: Int
    let what: FetchTrouble
    /// The module that it was met with.
    let content: ModuleContent
    /// Positions in the stage's targets and modules.
    let target: Int
    let module: Int
    /// False for a store's trouble that was met before: it is met with every module, and reported once.
    let isNew: Bool
  }

  /// Notes in the look-ups what was found.
  func run(_ lookups: inout [TargetLookups]) -> [Trouble] {
    var troubles: [Trouble] = []
    for (store, fetcher) in stores.enumerated() {
      var wanted: [(target: Int, module: Int)] = []
      for target in targets.indices { wanted += lookups[target].missing.map { (target, $0) } }
      if wanted.isEmpty { break }
      let keys = wanted.map { ArtifactKey(module: contents[$0.module].facts.hash, target: targets[$0.target]) }
      var isStoresKnown = false
      for (place, result) in zip(wanted, fetcher.fetch(keys)) {
        switch result {
        case .found(let size): lookups[place.target].fetch(place.module, size: size)
        case .missing(let reason): lookups[place.target].explain(place.module, reason)
        case .trouble(let what):
          lookups[place.target].noteTrouble()
          if let reason = what.missReason { lookups[place.target].explain(place.module, reason) }
          troubles.append(
            Trouble(
              store: store, what: what, content: contents[place.module], target: place.target, module: place.module,
              isNew: !what.isOfStore || !isStoresKnown))
          if what.isOfStore { isStoresKnown = true }
        }
      }
    }
    return troubles
  }
}

extension LowerCacheTrouble {
  init(_ trouble: FetchStage.Trouble, instead: Substitute) {
    switch trouble.what {
    case .corrupt:
      self = .artifact(module: trouble.content.path, reason: "its artifact is corrupt", instead: instead)
    case .otherEngine:
      self = .artifact(module: trouble.content.path, reason: "its artifact is of another engine", instead: instead)
    case .refused(let fault): self = .artifact(module: trouble.content.path, reason: "\(fault)", instead: instead)
    case .unusable(let error): self = .unusable(error)
    case .copiedWithoutLinks: self = .copiedWithoutLinks
    }
  }
}
