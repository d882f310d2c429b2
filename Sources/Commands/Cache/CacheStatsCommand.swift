internal import ArgumentParser
internal import LinuxIO
internal import SystemPackage
internal import WasmCache

extension CacheCommand {
  struct Stats: ConfiguredCommand {
    static let configuration = CommandConfiguration(
      commandName: "stats", abstract: "Show what the cache holds and how much time it saved.",
      discussion: """
        A run with nothing to do writes nothing, so that its hits count only once an hour for each directory: the numbers \
        are lower bounds.
        """)

    @Flag(help: "Begin to count anew afterwards.")
    var zero = false

    @OptionGroup var format: FormatOptions
    @OptionGroup var cache: CacheOptions

    mutating func fill(from configuration: Configuration) { cache.fill(from: configuration) }

    func run() throws {
      let path = try cache.path()
      do throws(CacheError) {
        guard let cache = try CacheDirectory.existing(at: path) else {
          return show(CacheStatistics(.empty, nil), path)
        }
        let opening = Catalog.open(in: cache.base, zero ? .readWrite : .readOnly)
        show(CacheStatistics(try CacheInventory(of: cache), opening.catalog), path)
        guard zero else { return }
        if case .gaveUp(let reason) = opening.catalog?.zeroTally(now: WallClock.now()) ?? .gaveUp(opening.note ?? "") {
          throw CacheError.io(path, operation: "count anew", reason: reason)
        }
      } catch {
        throw RunFailure(error)
      }
    }

    private func show(_ statistics: CacheStatistics, _ path: FilePath) {
      if format.isJSON {
        let lines = JSONLines("cache stats")
        lines.write(statistics.json(path))
        lines.write(["type": "summary"])
      } else {
        Output.standard.write(statistics.text(path))
      }
    }
  }
}

extension CacheStatistics {
  fileprivate func text(_ path: FilePath) -> String {
    var table = TextTable([.left, .left])
    table.append(["cache", path.printable])
    table.append([
      "artifacts",
      "\(artifacts) of \(Quantities.count(modules, "module")), \(Quantities.bytes(Int(size))) in "
        + Quantities.count(objects, "file"),
    ])
    for part in parts where part.artifacts > 0 {
      table.append([
        "  \(part.engine.settings)",
        "\(part.artifacts), \(Quantities.bytes(Int(part.size))), wasmtime \(part.engine.version) "
          + part.engine.shortIdentity,
      ])
    }
    table.append(["hits", "\(tally.hits)"])
    let reasons = MissReason.allCases.compactMap { reason in
      tally.misses[reason].flatMap { $0 > 0 ? "\($0) \(reason.rawValue)" : nil }
    }
    table.append([
      "misses",
      "\(tally.misses.values.reduce(0, +))" + (reasons.isEmpty ? "" : ": \(reasons.joined(separator: ", "))"),
    ])
    table.append([
      "compiling",
      "\(Quantities.duration(nanoseconds: UInt64(max(0, tally.compileNanoseconds)))) spent, "
        + "about \(Quantities.duration(nanoseconds: UInt64(max(0, saved)))) saved",
    ])
    table.append(["since", tally.since > 0 ? LocalTime.text(nanoseconds: tally.since) : "never"])
    return table.text
  }

  fileprivate func json(_ path: FilePath) -> JSON {
    [
      "type": "statistics", "cache": JSON(path), "artifacts": JSON(artifacts), "modules": JSON(modules),
      "files": JSON(objects), "artifact_bytes": JSON(Int(size)), "hits": JSON(Int(tally.hits)),
      "misses": .object(
        MissReason.allCases.map { .init(name: $0.rawValue, value: JSON(Int(tally.misses[$0] ?? 0))) }),
      "compile_nanoseconds": JSON(Int(tally.compileNanoseconds)), "saved_nanoseconds": JSON(Int(saved)),
      "since": tally.since > 0 ? JSON(Int(tally.since / 1_000_000_000)) : .null,
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
