internal import LinuxIO
internal import Scanning
internal import Synchronization
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// What earlier runs remembered, for this one to ask, and what this one finds out, for the next: a run's dealings with
/// the catalog. Without a catalog nothing is known and nothing is kept, and everything goes on.
struct RunCatalog {
  private let catalog: Catalog?
  /// Why there is no catalog, for `-v`.
  let note: String?
  /// When the run began, in nanoseconds since 1970.
  private let start: Int64
  /// What relative paths start from; they are remembered so that they mean the same elsewhere.
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

  /// The identity that some settings were found to have with an engine, if its file has not changed since.
  func identity(_ settings: EngineSettings, _ engine: FileStamp) -> EngineIdentity? {
    catalog?.identity(settings, engine, now: start)
  }

  mutating func remember(_ identity: EngineIdentity, _ engine: FileStamp) {
    record.engines.append(EngineFinding(identity, library: engine, probed: start))
  }

  // MARK: Files

  /// What is remembered of the files below each root.
  func indexes(of roots: [FilePath], ignoring: Bool) -> RootIndexes {
    RootIndexes(roots) { root in
      ignoring ? StatIndex(root: root) : catalog?.statIndex(root: root) ?? StatIndex(root: root)
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
          stamp: file.module.stamp, hashed: file.begun,
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

  /// Whether a run looked at every entry of late, and all were there, when the cache was in this state.
  func knows(_ state: DirectoryFingerprint) -> Bool { catalog?.knows(state, now: start) ?? false }

  /// Those among some modules that an engine has compiled before, so that their artifacts must have been there.
  func compiled(_ modules: [WasmHash], by engine: EngineIdentity) -> Set<WasmHash> {
    catalog?.compiled(modules, by: engine.digest) ?? []
  }

  mutating func remember(_ state: DirectoryFingerprint) { record.fingerprints.append(state) }

  /// Spares what the cache had from being removed. That costs a look an entry, so for many it is done once a day for the
  /// same roots and engine; an engine's part that was found settled had it done by the run that found it so.
  mutating func recordUses(of plan: Plan, _ lookups: [EngineLookups], _ directories: [EngineDirectory?]) {
    for (number, directory) in directories.enumerated() {
      guard let directory, case .each = lookups[number] else { continue }
      if plan.contents.count >= LookUpStage.fewest {
        let state = directory.stateOfUses(below: record.roots.map(\.index.root))
        if knows(state) { continue }
        record.fingerprints.append(state)
      }
      for (content, engine) in plan.upToDate where engine == number {
        directory.recordUse(of: plan.contents[content].facts.hash, now: start)
      }
    }
  }

  /// Notes what was compiled, and counts hits and misses.
  mutating func remember(_ plan: Plan, _ outcomes: [JobOutcome], _ identities: [EngineIdentity]) {
    record.tally.hits += Int64(plan.upToDate.count)
    for outcome in outcomes {
      guard case .compiled(let size, let nanoseconds) = outcome.result else { continue }
      record.tally.misses[outcome.job.reason, default: 0] += 1
      record.tally.compileNanoseconds += Int64(clamping: nanoseconds)
      record.compilations.append(
        Compilation(
          module: outcome.job.content.facts.hash, engine: identities[outcome.job.engine].digest,
          nanoseconds: Int64(clamping: nanoseconds), size: Int64(size), compiled: start))
    }
  }

  /// Writes everything down for the next run.
  ///
  /// - Returns: what to say with `-v`, if it could not be.
  func commit() -> String? {
    guard let catalog, case .gaveUp(let reason) = catalog.commit(record, now: WallClock.now()) else { return nil }
    return reason
  }
}

/// What is remembered of the files below each root; roots in the same place share it.
struct RootIndexes {
  private(set) var all: [StatIndex] = []
  /// For each of them whether it is a directory that was scanned, not only files in it that were named.
  private(set) var isDirectory: [Bool] = []
  private var numbers: [Int] = []

  init(_ roots: [FilePath], load: (FilePath) -> StatIndex) {
    var known: [FilePath: Int] = [:]
    var places: [FilePath: FilePath] = [:]
    for root in roots {
      let isDirectory = (try? Descriptor.status(of: root))?.kind == .directory
      // A file is remembered with its directory, so that naming it and scanning it know the same.
      let directory = isDirectory ? root : root.removingLastComponent()
      let place = places[directory] ?? (directory.isEmpty ? "." : directory).resolved ?? directory
      places[directory] = place
      let number = known[place] ?? all.count
      if number == all.count {
        known[place] = number
        all.append(load(place))
        self.isDirectory.append(isDirectory)
      } else if isDirectory {
        self.isDirectory[number] = true
      }
      numbers.append(number)
    }
  }

  func number(ofRoot root: Int) -> Int { numbers[root] }

  subscript(root root: Int) -> StatIndex { all[numbers[root]] }
}
