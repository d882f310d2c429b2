extension Benchmark {
  /// The cache has everything, but every module must be hashed to know that.
  static let indexLost = Benchmark(
    name: "index-lost-1gb", title: "index lost, 1 GB of modules", rounds: 7, diskBytes: 1_500_000_000
  ) { site in
    let modules = try ModuleTree.padded(1000, bytes: 1_000_000, at: site)
    let tool = Tool(at: site, cache: "padded", .winch)
    return Contest(
      ours: .upToDateWithoutIndex(modules, with: tool),
      peers: [Peer(.openssl(modules, entriesIn: tool), .ratio(atMost: 0.6))])
  }
}
