internal import ArgumentParser
internal import LinuxIO
internal import SystemPackage
internal import WasmCache

extension CacheCommand {
  struct List: ConfiguredCommand, ListTakingCommand {
    static let configuration = CommandConfiguration(
      commandName: "list", abstract: "Show what the cache holds: a line for each artifact.",
      discussion: """
        A module is named by the path where it was last seen. Last use is right to a day. Engines are named where there are \
        several for one backend; `cache stats` names each.
        """)

    @Argument(help: "Only artifacts of these modules, or of modules in these directories.")
    var path: [PathArgument] = []

    @Option(help: "What comes first: path, size (the largest), age (the oldest) or last-use (the longest ago).")
    var sort = ArtifactOrder.path

    @OptionGroup @ParsedOptions var format: FormatOptions
    @OptionGroup @ParsedOptions var cache: CacheOptions

    mutating func fill(from settings: GivenSettings) { _cache.wrappedValue.fill(from: settings) }

    mutating func restore(_ lists: LongLists) { path = lists.restored(path) }

    func run() throws {
      let lines = format.isJSON ? JSONLines("cache list") : nil
      let (found, warning) = try reportingFailure(to: lines) { () throws(RunFailure) in try list(lines) }
      let named = ModulesNamed(path)
      let rows = sort.apply(found.filter { named?.contains($0.module, lastSeenAt: $0.path) ?? true })
      if let warning, lines == nil { Output.error.write(warning.text) }
      if let lines {
        if let warning { lines.write(JSONRunLines.warning(warning.cache, warning.complaint)) }
        lines.write(contentsOf: rows.lazy.map { $0.json })
        lines.write([
          "type": "summary", "artifacts": JSON(rows.count),
          "artifact_bytes": JSON(Int(rows.reduce(0) { $0 + $1.size })),
        ])
      } else if !rows.isEmpty {
        let namesCaches = !cache.lowerCaches.isEmpty
        let table = ListedArtifact.table(rows, namesCaches: namesCaches, now: WallClock.now())
        Output.standard.write(table.text(width: Output.standard.columns))
      } else if warning == nil {
        // Whoever counts lines still gets none.
        let what = path.isEmpty ? "" : " of \(path.map(\.path.printable).joined(separator: ", "))"
        Output.error.write("\(try cache.path().printable): holds no artifacts\(what)\n")
      }
    }

    private func list(_ lines: JSONLines?) throws(RunFailure) -> ([ListedArtifact], LostLinksWarning?) {
      let path = try cache.path()
      do {
        let own = try CacheDirectory.existing(at: path, trust: cache.trust)
        var rows: [ListedArtifact] = []
        var warning: LostLinksWarning?
        if let own {
          let inventory = try CacheInventory(of: own)
          rows = ListedArtifact.all(inventory, in: own)
          warning = LostLinksWarning(inventory, in: path)
        }
        for lower in cache.openLowerCaches(below: own, lines) {
          rows += ListedArtifact.all(try CacheInventory(of: lower), in: lower)
        }
        return (rows, warning)
      } catch {
        throw RunFailure(error)
      }
    }
  }
}

enum ArtifactOrder: String, CaseIterable, ExpressibleByArgument {
  case path, size, age
  case lastUse = "last-use"

  func apply(_ rows: [ListedArtifact]) -> [ListedArtifact] {
    switch self {
    // An artifact whose module was never seen at a path comes last.
    case .path:
      rows.sorted { a, b in
        switch (a.path, b.path) {
        case (let one?, let other?) where one != other: one.bytes.lexicographicallyPrecedes(other.bytes)
        case (nil, _?): false
        case (_?, nil): true
        default: (a.module.encode(), a.engine.directory) < (b.module.encode(), b.engine.directory)
        }
      }
    case .size: rows.sorted { $0.size > $1.size }
    case .age: rows.sorted { $0.compiled < $1.compiled }
    case .lastUse: rows.sorted { $0.lastUse < $1.lastUse }
    }
  }
}

/// One artifact as `cache list` shows it.
struct ListedArtifact {
  /// Where its module was last seen.
  let path: FilePath?
  let cache: FilePath
  /// Whether the cache is only read.
  let isLower: Bool
  let module: WasmHash
  let engine: StoredEngine
  let entry: FilePath
  /// Bytes.
  let size: Int64
  /// Nanoseconds since 1970.
  let compiled: Int64
  let lastUse: Int64

  static func all(_ inventory: CacheInventory, in cache: CacheDirectory) -> [ListedArtifact] {
    let paths = cache.sightings
    return inventory.entries.compactMap { entry in
      guard let object = inventory.object(of: entry) else { return nil }
      return ListedArtifact(
        path: paths[entry.module], cache: cache.path, isLower: cache.isLower, module: entry.module,
        engine: inventory.engines[entry.engine],
        entry: inventory.path(of: entry, in: cache), size: object.size, compiled: object.written, lastUse: entry.lastUse
      )
    }
  }

  var json: JSON {
    [
      "type": "artifact", "path": JSON(path), "cache": JSON(cache), "source": isLower ? "lower_cache" : "cache",
      "sha256": .string(module.encode()), "engine": .string(engine.directory),
      "backend": .string(engine.backend), "version": .string(engine.version), "artifact": JSON(entry),
      "artifact_size": JSON(Int(size)), "compiled_at": JSON(Int(compiled / 1_000_000_000)),
      "last_used_at": JSON(Int(lastUse / 1_000_000_000)),
    ]
  }

  /// - Parameters:
  ///   - namesCaches: says of each artifact where it is.
  ///   - now: nanoseconds since 1970.
  static func table(_ rows: [ListedArtifact], namesCaches: Bool, now: Int64) -> TextTable {
    // The engine is the same in every row, as a rule, and would make rows too wide for terminals.
    let namesEngines = Set(rows.map(\.engine.wish)).count < Set(rows.map(\.engine.directory)).count
    var table = TextTable(
      [.left, .left, .left] + (namesEngines ? [.left] : []) + [.right, .right, .right] + (namesCaches ? [.left] : []))
    table.append(
      ["module", "hash", "backend"] + (namesEngines ? ["engine"] : []) + ["size", "age", "last use"]
        + (namesCaches ? ["cache"] : []))
    for row in rows {
      let engine = "\(row.engine.compiler) \(row.engine.shortIdentity)".printable
      let cells =
        [row.path?.printable ?? "-", String(row.module.encode().prefix(12)), row.engine.wish.printable]
        + (namesEngines ? [engine] : []) + [
          Quantities.bytes(Int(row.size)), Quantities.age(nanoseconds: now - row.compiled),
          Quantities.age(nanoseconds: now - row.lastUse),
        ]
      table.append(cells + (namesCaches ? [row.cache.printable] : []))
    }
    return table
  }
}
