internal import ArgumentParser
internal import SystemPackage
internal import WasmCache
internal import WasmEngine

/// A host that gets modules through the library. For ``Contender`` to start.
struct HostCommand: ParsableCommand {
  static let name = "host"
  static let configuration = CommandConfiguration(commandName: name, shouldDisplay: false)

  enum Work: String, ExpressibleByArgument {
    /// Modules by their hashes, again and again.
    case load
    /// Artifacts by their modules' hashes, again and again.
    case find
    /// Modules by their files' paths, for the first time in this process.
    case first
  }

  @Argument var work: Work
  @Option var engine: String
  @Option var cache: String
  @Option var backend: Backend
  @Argument var file: [String]

  /// As in `peers/host.c`.
  private static let rounds = 21

  func run() throws {
    let library = try EngineLibrary(path: FilePath(engine))
    let backend: WasmEngine.Backend = backend == .winch ? .winch : .cranelift
    let cache = try FileSystemCache(
      directory: FilePath(cache), engine: library, backends: [backend], access: .readOnly)
    let times: [Int]
    switch work {
    case .first:
      let paths = file.map { FilePath($0) }
      // The engine is there before the clock runs, as in the peer.
      _ = try cache.engine(backend)
      times = [try time(paths, each: { try cache.load(fileAt: $0) })]
    case .load: times = try rounds { try cache.load($0, backend: backend) }
    case .find: times = try rounds { try cache.artifact(of: $0, backend: backend).size }
    }
    print("\(file.count) \(times.sorted()[times.count / 2])")
  }

  private func rounds(_ body: (WasmHash) throws -> some Any) throws -> [Int] {
    let modules = try file.map { WasmHash.generate(try Files.read($0)) }
    _ = try time(modules, each: body)
    return try (0..<Self.rounds).map { _ in try time(modules, each: body) }
  }

  /// - Returns: nanoseconds for all of them, which are kept meanwhile.
  private func time<Item, Result>(_ items: [Item], each body: (Item) throws -> Result) rethrows -> Int {
    var results: [Result] = []
    results.reserveCapacity(items.count)
    let start = Clock.wall
    for item in items { results.append(try body(item)) }
    return Clock.wall - start
  }
}
