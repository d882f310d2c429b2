internal import ArgumentParser
internal import LinuxIO
internal import Precompiler
internal import ProgramToolchain
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

extension CacheCommand {
  struct CollectGarbage: ConfiguredCommand {
    static let configuration = CommandConfiguration(
      commandName: "gc", abstract: "Make room: remove what is not used, what was used longest ago first.",
      discussion: """
        A use is recorded once a day: what was used again on that day counts as used when it was first. What cannot be loaded \
        and what dead writers left goes in any case. Running builds and hosts are not disturbed: what \
        they make or use meanwhile stays, and an artifact that was loaded stays whole.
        """)

    @OptionGroup @ParsedOptions var room: CacheSizeOptions

    @Option(help: ArgumentHelp("Remove what was not used for so long: 30d, 12h, 2w.", valueName: "time"))
    var maxAge: TimeSpan?

    @Option(
      help: ArgumentHelp(
        "Remove until so much of the cache's file system is free: 10%, or a size.", valueName: "part"))
    var minFree: FreeSpace?

    @Flag(
      help: ArgumentHelp(
        "Remove artifacts of all engines but those that are found now.",
        discussion: """
          Those are the one that --engine or $WASMPRECOMPILE_ENGINE names, or else all that are installed, and those of the \
          hosts that configuration files describe. Artifacts tell by the build of the engine's library. A compiler that is a \
          program is compared with its artifacts only, and if it is found: by its files, what it says of itself, the \
          programs that it starts, and how it is called today.
          """))
    var oldEngines = false

    @Flag(name: [.customShort("n"), .long], help: "Only say what would be removed.")
    var dryRun = false

    @OptionGroup @ParsedOptions var format: FormatOptions
    @OptionGroup @ParsedOptions var engine: EngineOptions
    @OptionGroup @ParsedOptions var cache: CacheOptions

    mutating func fill(from settings: GivenSettings) {
      _room.wrappedValue.fill(from: settings)
      _engine.wrappedValue.fill(from: settings)
      _cache.wrappedValue.fill(from: settings)
    }

    func validate() throws { try cache.refuseLowerCaches(CacheCommand.refusalOfLowerCaches) }

    func run() throws {
      try Removal("cache gc", format, dryRun: dryRun).run(in: cache) { () throws(RunFailure) in
        var limits = EvictionLimits()
        limits.size = room.maxSize.bytes.map { Int64($0) }
        limits.age = maxAge?.nanoseconds
        limits.free = minFree?.value
        if oldEngines { try addCurrentCompilers(to: &limits) }
        return limits
      }
    }

    /// Adds the builds of every engine that the search finds, by libwasmtime's backends, and what there is of other compilers.
    private func addCurrentCompilers(to limits: inout EvictionLimits) throws(RunFailure) {
      var builds = Set<String>()
      for candidate in try engine.search.candidates + HostTables.engines(for: ".") {
        do {
          builds.insert(try EngineFile(candidate).build().hex)
        } catch let error where error.errno == .noSuchFileOrDirectory || error.errno == .notDirectory {
          continue
        } catch {
          throw RunFailure(EngineSearchError.unreadable(candidate, reason: error.description))
        }
      }
      // Without any engine, every artifact would count as an old engine's.
      if builds.isEmpty { throw RunFailure(EngineSearchError.notFound(engine.search.candidates)) }
      var all = Dictionary(uniqueKeysWithValues: Backend.libwasmtime.map { ($0.rawValue, builds) })
      for current in try CurrentCompiler.all(of: try programs()) {
        all[current.name] = [current.build]
        limits.wouldMake[current.name] = current.wouldMake
      }
      limits.currentBuilds = all
    }

    /// The compilers that are programs, as far as the cache has artifacts of theirs and they are found.
    private func programs() throws(RunFailure) -> [FoundCompiler] {
      let path = try cache.path()
      let inventory: CacheInventory
      do throws(CacheError) {
        guard let existing = try CacheDirectory.existing(at: path, trust: cache.trust) else { return [] }
        inventory = try CacheInventory(of: existing)
      } catch {
        throw RunFailure(error)
      }
      let backends = Set(inventory.engines.map(\.backend)).filter { !Backend(rawValue: $0).isOfLibwasmtime }
      if backends.isEmpty { return [] }
      return try DescribedCompilers.all().filter { backends.contains($0.name) }.compactMap {
        try? CompilerFinding.search.find($0)
      }
    }
  }

  struct Clear: ConfiguredCommand, ListTakingCommand {
    static let configuration = CommandConfiguration(
      commandName: "clear", abstract: "Remove every artifact, and what is remembered of files and engines.",
      discussion: """
        With paths, only what these modules, or modules in these directories, have. Running builds and hosts are not \
        disturbed: an artifact that was loaded stays whole.
        """)

    @Argument(help: "Remove only artifacts of these modules, or of modules in these directories.")
    var path: [PathArgument] = []

    @OptionGroup @ParsedOptions var format: FormatOptions
    @OptionGroup @ParsedOptions var cache: CacheOptions

    mutating func fill(from settings: GivenSettings) { _cache.wrappedValue.fill(from: settings) }

    func validate() throws { try cache.refuseLowerCaches(CacheCommand.refusalOfLowerCaches) }

    mutating func restore(_ lists: LongLists) { path = lists.restored(path) }

    func run() throws {
      let named = ModulesNamed(path)
      try Removal("cache clear", format, clears: true, named: named).run(in: cache) {
        named == nil ? .nothing : EvictionLimits()
      }
      if named != nil { return }
      if let cache = try? CacheDirectory.existing(at: self.cache.path(), trust: self.cache.trust) {
        Catalog.remove(in: cache.base)
      }
    }
  }
}

extension CacheCommand {
  fileprivate static let refusalOfLowerCaches = "nothing is removed from lower caches: use --cache-dir DIR"
}

/// Removes artifacts and says so.
private struct Removal {
  private let dryRun: Bool
  /// Whether everything goes, without any other reason.
  private let clears: Bool
  /// The modules that go; nil for any.
  private let named: ModulesNamed?
  private let lines: JSONLines?

  init(
    _ command: String, _ format: FormatOptions, dryRun: Bool = false, clears: Bool = false, named: ModulesNamed? = nil
  ) {
    self.named = named
    self.dryRun = dryRun
    self.clears = clears
    lines = format.isJSON ? JSONLines(command) : nil
  }

  func run(in cache: CacheOptions, _ limits: () throws(RunFailure) -> EvictionLimits) throws(RunFailure) {
    try reportingFailure(to: lines) { () throws(RunFailure) in
      let limits = try limits()
      let path = try cache.path()
      do throws(CacheError) { try evict(limits, path, cache.trust) } catch { throw RunFailure(error) }
    }
  }

  private func evict(_ limits: EvictionLimits, _ path: FilePath, _ trust: CacheTrust) throws(CacheError) {
    var causes: [EvictionPlan.Cause: Int] = [:]
    var result = EvictionResult()
    if let cache = try CacheDirectory.existing(at: path, trust: trust) {
      let tells = dryRun || lines != nil
      let sightings = tells || named != nil ? cache.sightings : [:]
      var limits = limits
      if let named {
        limits.modules = { named.contains($0, lastSeenAt: sightings[$0]) }
      }
      result = try cache.evict(limits, dryRun: dryRun, now: WallClock.now()) { victim, inventory in
        causes[victim.cause, default: 0] += max(1, victim.entries.count)
        if tells { tell(victim, inventory, cache, sightings) }
      }
    }
    if let lines {
      lines.write([
        "type": "summary", "dry_run": .bool(dryRun), "artifacts": JSON(result.kept),
        "artifact_bytes": JSON(Int(result.size)), "removed": JSON(causes.values.reduce(0, +)),
        "removed_bytes": JSON(Int(result.freed)),
      ])
    } else {
      Output.standard.write(summary(result, causes) + "\n")
    }
  }

  private func tell(
    _ victim: EvictionPlan.Victim, _ inventory: CacheInventory, _ cache: CacheDirectory,
    _ sightings: [WasmHash: FilePath]
  ) {
    let size = Int(victim.size)
    var paths = victim.entries.map { inventory.path(of: $0, in: cache) }
    if paths.isEmpty, let object = victim.object {
      paths = [cache.path(of: object, isCorrupt: victim.cause == .corrupt)]
    }
    if let lines {
      lines.write([
        "type": "evicted", "dry_run": .bool(dryRun), "artifacts": JSON(paths),
        "paths": .array(victim.entries.map { JSON(sightings[$0.module]) }), "artifact_size": JSON(size),
        "cause": .identifier(victim.cause.rawValue),
      ])
    } else if dryRun {
      // As `cache list` names them; what nobody knows by a name, by its path.
      let namesEngines = Set(inventory.engines.map(\.wish)).count < inventory.engines.count
      let names = zip(victim.entries, paths).map { entry, path in
        let engine = inventory.engines[entry.engine]
        let compiler = namesEngines ? " (\(engine.compiler) \(engine.shortIdentity))" : ""
        return sightings[entry.module].map { "\($0.printable) with \(engine.wish.printable)\(compiler.printable)" }
          ?? path.printable
      }
      for name in victim.entries.isEmpty ? paths.map(\.printable) : names {
        Output.standard.write("would remove \(name), \(Quantities.bytes(size)): \(victim.cause.rawValue)\n")
      }
    }
  }

  /// `removed 12 artifacts (3 too old, 9 least recently used), 164 kB; 28 artifacts, 385 kB are left`
  private func summary(_ result: EvictionResult, _ causes: [EvictionPlan.Cause: Int]) -> String {
    let left = "\(Quantities.count(result.kept, "artifact")), \(Quantities.bytes(Int(result.size)))"
    let count = causes.values.reduce(0, +)
    guard count > 0 else { return "nothing to remove: \(left)" }
    let reasons = EvictionPlan.Cause.allCases.compactMap { cause in causes[cause].map { "\($0) \(cause.rawValue)" } }
    let detail = clears ? "" : " (\(reasons.joined(separator: ", ")))"
    return "\(dryRun ? "would remove" : "removed") \(Quantities.count(count, "artifact"))\(detail), "
      + "\(Quantities.bytes(Int(result.freed))); \(left) \(dryRun ? "would be" : "are") left"
  }
}
