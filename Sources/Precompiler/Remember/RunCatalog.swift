internal import LinuxIO
internal import Scanning
internal import SystemPackage
internal import WasmCache

/// A run's dealings with the catalog: the memory of earlier runs, and the findings of this one for the next. Without a
/// catalog nothing is known and nothing is kept, and everything goes on.
struct RunCatalog {
  private let catalog: Catalog?
  /// Why there is no catalog, for `-v`.
  let note: String?
  /// When the run began, in nanoseconds since 1970.
  private let start: Int64
  /// The directory that relative paths start from. Paths are remembered so that they mean the same elsewhere.
  private let directory: FilePath
  private(set) var record = RunRecord()

  init(_ cache: CacheDirectory?, isReadOnly: Bool) {
    let opening = cache.map { Catalog.open(in: $0.base, isReadOnly ? .readOnly : .readWrite) }
    catalog = opening?.catalog
    note = opening?.note
    start = WallClock.now()
    directory = FilePath(".").resolved ?? ""
  }

  // MARK: Engines

  /// The remembered identities of a compiler; nil unless all of them are remembered.
  func identities(of toolchain: any Toolchain) -> [ArtifactIdentity]? {
    catalog.flatMap { toolchain.rememberedIdentities(in: $0, now: start) }
  }

  mutating func remember(_ findings: [EngineFinding]) { record.engines += findings }

  // MARK: Files

  /// What is remembered of the files below each root; nothing is read yet.
  func memory(of input: RunInput, ignoring: Bool) -> RootMemory {
    let catalog = ignoring ? nil : catalog
    return RootMemory(of: input.roots, under: input.rememberedUnder) { root, files in
      catalog?.statIndex(root: root, of: files) ?? StatIndex(root: root, isPartial: files != nil)
    }
  }

  /// Notes what the files turned out to be.
  mutating func remember(_ inspection: HashResult, _ scan: ScanResult, _ indexes: RootIndexes, isWhole: Bool) {
    var updates = indexes.all.map { RootUpdate(index: $0, hashed: [], seen: SeenFiles(of: $0)) }
    let wantsSightings = indexes.all.map { $0.wantsSightings(now: start) }
    for (file, number) in inspection.remembered.enumerated() where number != HashResult.none {
      let index = indexes.number(ofRoot: scan.root(at: file))
      updates[index].seen?.insert(Int(number))
      if wantsSightings[index] {
        record.sightings.append(sighting(of: ModuleFacts(indexes.all[index][Int(number)]), scan[file]))
      }
    }
    for file in inspection.read {
      let facts = file.module.facts
      updates[indexes.number(ofRoot: scan.root(at: file.index))].hashed.append(
        StatRow(
          stamp: file.module.stamp, hashed: file.module.hashed,
          module: KnownModule(hash: facts.hash, kind: facts.kind, weight: Int64(facts.size))))
      record.sightings.append(sighting(of: facts, scan[file.index]))
    }
    for number in updates.indices where !(isWhole && indexes.isDirectory[number]) { updates[number].seen = nil }
    record.roots = updates
  }

  private func sighting(of facts: ModuleFacts, _ source: SourceFile) -> Sighting {
    var path = directory
    for component in source.path.components where component.kind != .currentDirectory { path.append(component) }
    if source.path.isAbsolute { path = source.path }
    return Sighting(module: facts.hash, path: path, size: Int64(facts.size), seen: start)
  }

  // MARK: Entries

  /// The number of artifacts in lower caches, from a recent run that looked at every entry, found all and met the
  /// caches in this state; nil if there was no such run.
  func fromLowerCaches(in state: DirectoryFingerprint) -> Int? { catalog?.fromLowerCaches(in: state, now: start) }

  /// The modules that an engine has compiled before, so that their artifacts must have been there.
  func compiled(_ modules: [WasmHash], by engine: ArtifactIdentity) -> Set<WasmHash> {
    catalog?.compiled(modules, by: engine.digest) ?? []
  }

  /// Remembers the states in which every entry was there.
  mutating func remember(_ lookups: [TargetLookups]) {
    for lookups in lookups where lookups.missing.isEmpty {
      guard let fingerprint = lookups.fingerprint else { continue }
      record.fingerprints.append(.init(fingerprint, fromLowerCaches: lookups.fromLowerCaches))
    }
  }

  /// Spares the artifacts that the cache had from being removed. That costs a look an entry, so for many it is done
  /// once a day for the same roots and engine. For an engine's part that was found settled, the earlier run that found
  /// it so did it.
  mutating func recordUses(of plan: Plan, _ targets: [CompileTarget], _ lookups: [TargetLookups]) {
    for (target, lookups) in zip(targets, lookups) where lookups.isLookedAt {
      guard let directory = target.directory else { continue }
      if plan.contents.count >= TargetLookups.fewest {
        let state = directory.stateOfUses(below: record.roots.map(\.index.root))
        if fromLowerCaches(in: state) != nil { continue }
        record.fingerprints.append(.init(state))
      }
      for (content, other) in plan.upToDate where other === target && !lookups.fetched.contains(content) {
        directory.recordUse(of: plan.contents[content].facts.hash, now: start)
      }
    }
  }

  /// Notes what was compiled, fetched and shared, and counts hits and misses.
  mutating func remember(_ plan: Plan, _ outcomes: [JobOutcome], _ remote: RemoteTally?) {
    record.tally.remoteErrors += Int64(remote?.errors ?? 0)
    record.tally.stored += Int64(remote?.stored ?? 0)
    record.tally.hits += Int64(plan.upToDate.count)
    record.tally.lowerHits += Int64(plan.fromLowerCaches)
    for outcome in outcomes {
      let (size, nanoseconds): (Int, UInt64)
      switch outcome.result {
      case .compiled(let bytes, let time):
        (size, nanoseconds) = (bytes, time)
        record.tally.misses[outcome.job.reason, default: 0] += 1
        record.tally.compileNanoseconds += Int64(clamping: time)
      case .compiledRemotely(let bytes):
        (size, nanoseconds) = (bytes, 0)
        record.tally.compiledRemotely += 1
        record.tally.misses[outcome.job.reason, default: 0] += 1
      case .fetched(let bytes):
        (size, nanoseconds) = (bytes, 0)
        record.tally.fetched += 1
      case .shared(let bytes):
        (size, nanoseconds) = (bytes, 0)
        record.tally.shared += 1
      case .foundMeanwhile, .failed, .notDone: continue
      }
      guard let artifact = outcome.artifact else { continue }
      record.compilations.append(
        Compilation(
          module: outcome.job.content.facts.hash, engine: outcome.job.target.identity.digest, artifact: artifact,
          nanoseconds: Int64(clamping: nanoseconds), size: Int64(size), compiled: start))
    }
  }

  /// Writes everything down for the next run.
  ///
  /// - Returns: a message for `-v`, if that failed.
  func commit() -> String? {
    guard let catalog, case .gaveUp(let reason) = catalog.commit(record, now: WallClock.now()) else { return nil }
    return reason
  }
}
