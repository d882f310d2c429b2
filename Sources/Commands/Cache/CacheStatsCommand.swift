internal import ArgumentParser
internal import LinuxIO
internal import SystemPackage
internal import WasmCache

extension CacheCommand {
  struct Stats: ConfiguredCommand {
    static let configuration = CommandConfiguration(
      commandName: "stats", abstract: "Show what the cache holds and how much time it saved.",
      discussion: """
        A run with nothing to do writes nothing, so that its hits count only once an hour for each directory, and what \
        hosts load is not counted: the numbers are lower bounds.
        """)

    @Flag(help: "Begin to count anew afterwards.")
    var zero = false

    @OptionGroup @ParsedOptions var format: FormatOptions
    @OptionGroup @ParsedOptions var cache: CacheOptions
    @OptionGroup @ParsedOptions var room: CacheSizeOptions

    mutating func fill(from settings: GivenSettings) {
      _cache.wrappedValue.fill(from: settings)
      _room.wrappedValue.fill(from: settings)
    }

    func run() throws {
      let lines = format.isJSON ? JSONLines("cache stats") : nil
      try reportingFailure(to: lines) { () throws(RunFailure) in
        let path = try cache.path()
        do throws(CacheError) { try show(path, lines) } catch { throw RunFailure(error) }
      }
      lines?.write(["type": "summary"])
    }

    private func show(_ path: FilePath, _ lines: JSONLines?) throws(CacheError) {
      let cache = try CacheDirectory.existing(at: path, trust: self.cache.trust)
      let opening = cache.map { Catalog.open(in: $0.base, zero ? .readWrite : .readOnly) }
      let inventory = try cache.map { (cache) throws(CacheError) in try CacheInventory(of: cache) } ?? .empty
      let statistics = CacheStatistics(inventory, opening?.catalog)
      var lower: [LowerStatistics] = []
      for cache in self.cache.openLowerCaches(below: cache, lines) {
        lower.append((cache.path, CacheStatistics(try CacheInventory(of: cache), nil)))
      }
      if let lines {
        lines.write(statistics.json(path, lower, room.maxSize))
      } else {
        Output.standard.write(statistics.text(path, lower, room.maxSize))
      }
      guard zero, let opening else { return }
      let result = opening.catalog?.zeroTally(now: WallClock.now()) ?? .gaveUp(opening.note ?? "there is no catalog")
      if case .gaveUp(let reason) = result { throw .givenUp(path, operation: "count anew", reason: reason) }
    }
  }
}

/// A cache that is only read.
private typealias LowerStatistics = (path: FilePath, contents: CacheStatistics)

extension CacheStatistics {
  fileprivate func text(_ path: FilePath, _ lower: [LowerStatistics], _ limit: SizeLimit) -> String {
    var table = TextTable([.left, .left])
    table.append(["cache", path.printable])
    table.append([
      "artifacts",
      "\(artifacts) of \(Quantities.count(modules, "module")), \(Quantities.bytes(Int(size))) in "
        + Quantities.count(objects, "file"),
    ])
    for part in parts where part.artifacts > 0 {
      // Settings may be many.
      let backend = part.engine.backend
      let settings =
        part.engine.wish == backend ? [] : [String(part.engine.wish.dropFirst(backend.count + 2)).printable]
      table.append(
        "  \(backend.printable)",
        [
          "\(part.artifacts), \(Quantities.bytes(Int(part.size))), \(part.engine.compiler.printable) "
            + part.engine.shortIdentity.printable
        ] + settings)
    }
    if movedAside.files > 0 {
      let what = Quantities.count(movedAside.files, "corrupt file")
      table.append(["moved aside", "\(what), \(Quantities.bytes(Int(movedAside.size)))"])
    }
    for (path, contents) in lower {
      table.append([
        "lower cache",
        "\(path.printable): \(contents.artifacts) of \(Quantities.count(contents.modules, "module")), "
          + Quantities.bytes(Int(contents.size)),
      ])
    }
    table.append([
      "hits", "\(tally.hits)" + (tally.lowerHits > 0 ? ", \(tally.lowerHits) of them in lower caches" : ""),
    ])
    let reasons = MissReason.allCases.compactMap { reason in
      tally.misses[reason].flatMap { $0 > 0 ? "\($0) \(reason.rawValue)" : nil }
    }
    table.append([
      "misses",
      "\(tally.misses.values.reduce(0, +))" + (reasons.isEmpty ? "" : ": \(reasons.joined(separator: ", "))"),
    ])
    if tally.shared > 0 { table.append(["shared", "\(tally.shared) made for other hosts"]) }
    if max(tally.fetched, tally.compiledRemotely, tally.remoteErrors, tally.stored) > 0 {
      let made = tally.compiledRemotely > 0 ? ", \(tally.compiledRemotely) compiled" : ""
      let errors = tally.remoteErrors > 0 ? ", \(Quantities.count(Int(clamping: tally.remoteErrors), "error"))" : ""
      table.append(["remote", "\(tally.fetched) fetched, \(tally.stored) stored\(made)\(errors)"])
    }
    table.append([
      "compiling",
      "\(Quantities.duration(nanoseconds: UInt64(max(0, tally.compileNanoseconds)))) spent, "
        + "about \(Quantities.duration(nanoseconds: UInt64(max(0, saved)))) saved",
    ])
    table.append(["since", tally.since > 0 ? LocalTime.text(nanoseconds: tally.since) : "never"])
    table.append(["limit", Self.text(limit, used: size + movedAside.size)])
    return table.text
  }

  /// `10.0 GB, 12 % used; runs keep to it once an hour`
  private static func text(_ limit: SizeLimit, used: Int64) -> String {
    guard let bytes = limit.bytes else { return "none" }
    let percent = bytes > 0 ? Int((100 * Double(used) / Double(bytes)).rounded(.up)) : 100
    return "\(Quantities.bytes(bytes)), \(percent) % used; runs keep to it once an hour"
  }

  fileprivate func json(_ path: FilePath, _ lower: [LowerStatistics], _ limit: SizeLimit) -> JSON {
    [
      "type": "statistics", "cache": JSON(path), "artifacts": JSON(artifacts), "modules": JSON(modules),
      "files": JSON(objects), "artifact_bytes": JSON(Int(size)), "max_size": JSON(limit.bytes),
      "hits": JSON(Int(tally.hits)),
      "moved_aside": JSON(movedAside.files), "moved_aside_bytes": JSON(Int(movedAside.size)),
      "lower_hits": JSON(Int(tally.lowerHits)), "fetched": JSON(Int(tally.fetched)),
      "compiled_remotely": JSON(Int(tally.compiledRemotely)), "shared": JSON(Int(tally.shared)),
      "remote_errors": JSON(Int(tally.remoteErrors)), "stored": JSON(Int(tally.stored)),
      "misses": .object(
        MissReason.allCases.map {
          .init(name: $0.rawValue.replacing(" ", with: "_"), value: JSON(Int(tally.misses[$0] ?? 0)))
        }),
      "compile_nanoseconds": JSON(Int(tally.compileNanoseconds)), "saved_nanoseconds": JSON(Int(saved)),
      "since": tally.since > 0 ? JSON(Int(tally.since / 1_000_000_000)) : .null,
      "lower_caches": .array(
        lower.map {
          [
            "cache": JSON($0.path), "artifacts": JSON($0.contents.artifacts), "modules": JSON($0.contents.modules),
            "artifact_bytes": JSON(Int($0.contents.size)),
          ]
        }),
      "engines": .array(
        parts.map { part in
          [
            "engine": .string(part.engine.directory), "backend": .string(part.engine.backend),
            "version": .string(part.engine.version), "artifacts": JSON(part.artifacts),
            "artifact_bytes": JSON(Int(part.size)),
          ]
        }),
    ]
  }
}
