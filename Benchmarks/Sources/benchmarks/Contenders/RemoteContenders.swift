/// What a server is asked.
struct Demand {
  let traffic: LongLine.Traffic
  let processorSeconds: Double

  init(_ traffic: LongLine.Traffic, processorSeconds: Double) {
    self.traffic = traffic
    self.processorSeconds = processorSeconds
  }
}

/// A server that has the artifacts of modules, and the cache where these were compiled.
struct FilledServer {
  let server: CacheServer
  let source: Tool
  let modules: ModuleTree
  /// What storing them asked of the server.
  let demand: Demand
  private let site: Site

  init(_ modules: ModuleTree, _ backend: Backend, at site: Site) throws {
    self.site = site
    self.modules = modules
    server = try CacheServer(at: site)
    let line = try LongLine(to: server.port, roundTripMilliseconds: 0, at: site)
    var source = Tool(at: site, cache: "remote-source", backend)
    source.remote = line.address
    self.source = source
    let before = server.processorSeconds
    _ = try source.compileAll(modules)
    demand = Demand(try line.traffic(), processorSeconds: server.processorSeconds - before)
    try source.verify(modules)
  }

  /// Fetches all modules' artifacts into a cache that does not exist yet, and checks that they are those of the source, byte for
  /// byte.
  func fetch(_ tool: Tool) throws -> Measurement {
    try site.setAside(tool.cache)
    site.settle()
    let before = server.processorSeconds
    let run = try tool.fetchAll(modules)
    let served = server.processorSeconds - before
    try tool.verify(modules)
    guard try tool.hasSameArtifacts(as: source) else { throw Failure("what was fetched is not what was compiled") }
    let answer = EngineWork.answer(artifactSizes: try tool.artifactSizes())
    return Measurement(run, serverSeconds: served, answer: answer)
  }
}

extension Contender {
  /// The tool with an empty cache and a server that has everything.
  ///
  /// - Parameter roundTrip: what is added to each round trip, in milliseconds.
  static func fetching(_ modules: ModuleTree, _ backend: Backend, roundTrip: Int = 0, at site: Site) -> Contender {
    Contender(name: "wasmprecompile --remote") {
      let filled = try FilledServer(modules, backend, at: site)
      let line =
        roundTrip > 0 ? try LongLine(to: filled.server.port, roundTripMilliseconds: roundTrip, at: site) : nil
      var tool = Tool(at: site, cache: "remote", backend)
      tool.remote = line?.address ?? filled.server.address
      return { [tool] in
        let measurement = try filled.fetch(tool)
        _ = try line?.traffic()
        return measurement
      }
    }
  }
}
