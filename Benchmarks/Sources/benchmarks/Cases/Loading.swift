// What a host pays that gets its modules through the library: the cache has everything, and has been checked.
extension Benchmark {
  /// Checked artifacts against the engine's own loading, which checks nothing.
  static let load = Benchmark(name: "load-checked", title: "load the corpus, checked before", rounds: 15) { site in
    let modules = try ModuleTree.corpus(at: site)
    let tool = Tool(at: site, cache: "corpus-host", .cranelift)
    return Contest(
      ours: .host(.load, modules, entriesIn: tool),
      peers: [Peer(.entries(loadedFrom: tool, modules), .ratio(atMost: 1.1))])
  }

  /// What a host does that starts: it knows its modules' files and nothing else.
  static let loadFirst = Benchmark(name: "load-first", title: "load the corpus from its files, first time", rounds: 15)
  {
    site in
    let modules = try ModuleTree.corpus(at: site)
    return Contest(
      ours: .host(.first, modules, entriesIn: Tool(at: site, cache: "corpus-host", .cranelift)),
      peers: [Peer(.wasmtimesCache(modules, .cranelift, at: site), .ratio(atMost: 0.2))])
  }

  /// What the cache is for.
  static let loadOrCompile = Benchmark(
    name: "load-or-compile", title: "load the corpus instead of compiling it", rounds: 3
  ) { site in
    let modules = try ModuleTree.corpus(at: site)
    return Contest(
      ours: .host(.first, modules, entriesIn: Tool(at: site, cache: "corpus-host", .cranelift)),
      peers: [Peer(.engineInstead(modules, .cranelift, at: site), .ratio(atMost: 0.01))])
  }

  static let lookup = Benchmark(name: "lookup", title: "look up 1,000 artifacts in the library", rounds: 15) { site in
    let modules = try ModuleTree.small(1000, at: site)
    let tool = Tool(at: site, cache: "small-host", .winch)
    return Contest(
      ours: .host(.find, modules, entriesIn: tool),
      peers: [Peer(.entries(readFrom: tool, modules), .ratio(atMost: 2))])
  }
}
