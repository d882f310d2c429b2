// Nothing to do: the cache has everything, and the file system's caches are warm.
extension Benchmark {
  static let nothingToDo10000 = Benchmark(
    name: "noop-10k", title: "nothing to do, 10,000 modules", rounds: 31, diskBytes: 500_000_000
  ) { site in
    let modules = try ModuleTree.small(10_000, at: site)
    return Contest(
      ours: .upToDate(modules, with: Tool(at: site, cache: "small-10000", .winch)),
      peers: [
        Peer(.walk(modules, at: site), .ratio(atMost: 1.5)),
        Peer(.ninja(modules, at: site), .ratio(atMost: 0.5)),
        Peer(.gitStatus(modules, at: site), .ratio(atMost: 2)),
      ])
  }

  static let nothingToDoBelow = Benchmark(
    name: "noop-10k-lower", title: "nothing to do, 10,000 modules in a lower cache", rounds: 31, diskBytes: 500_000_000
  ) { site in
    let modules = try ModuleTree.small(10_000, at: site)
    let lower = Tool(at: site, cache: "small-10000", .winch)
    return Contest(
      ours: .upToDate(modules, with: Tool(at: site, cache: "above-10000", .winch, above: lower), above: lower),
      peers: [Peer(.upToDate(modules, with: lower), .ratio(atMost: 1.3))])
  }

  static let nothingToDoForHosts = Benchmark(
    name: "noop-10k-hosts", title: "nothing to do, 10,000 modules, three hosts", rounds: 31, diskBytes: 900_000_000
  ) { site in
    let modules = try ModuleTree.small(10_000, at: site)
    let fleet = try HostSet.fleet(at: site)
    return Contest(
      ours: .upToDate(modules, with: Tool(at: site, cache: "fleet-10000", .winch, for: fleet)),
      peers: [
        Peer(.upToDate(modules, with: Tool(at: site, cache: "plain-10000", .winch, for: .one)), .ratio(atMost: 1.5))
      ])
  }

  static let nothingToDo1 = Benchmark(name: "noop-one", title: "nothing to do, 1 module", rounds: 301) { site in
    let modules = try ModuleTree.small(1, at: site)
    return Contest(
      ours: .upToDate(modules, with: Tool(at: site, cache: "small-1", .winch)),
      peers: [Peer(.true(at: site), .difference(atMost: 0.004))])
  }

  static let nothingToDo100000 = Benchmark(
    name: "noop-100k", title: "nothing to do, 100,000 modules", rounds: 15, diskBytes: 3_000_000_000
  ) { site in
    let few = try ModuleTree.small(10_000, at: site)
    let many = try ModuleTree.small(100_000, at: site)
    return Contest(
      ours: .upToDate(many, with: Tool(at: site, cache: "small-100000", .winch)),
      peers: [
        Peer(.upToDate(few, with: Tool(at: site, cache: "small-10000", .winch)), .ratio(atMost: 11))
      ],
      residentLimit: 64_000_000)
  }
}
