// A watcher: how soon it has what changed, and how soon it watches.
extension Benchmark {
  /// Beyond what the engine takes, a change may take as long as a file must be quiet, and 5 ms.
  private static let debounce = 0.020

  static let watchChange = Benchmark(name: "watch-change", title: "watching, a small module changed", rounds: 500) {
    site in
    let limit = TimeTarget.difference(atMost: debounce + 0.005)
    let engine = Contender.engineWithOneModule(at: site)
    return Contest(ours: .watching(at: site), peers: [Peer(engine, limit), Peer(engine, limit, quantile: 0.99)])
  }

  static let watchSetUp = Benchmark(name: "watch-set-up", title: "watching, 10,000 directories set up", rounds: 21) {
    site in
    let tree = try site.directory("directories-10000") { path in
      for outer in 0..<100 {
        for inner in 0..<100 { try Files.makeDirectory("\(path)/\(outer)/\(inner)") }
      }
    }
    return Contest(
      ours: .settingUp(tree, at: site), peers: [Peer(.inotifywait(tree, at: site), .absolute(atMost: 0.250))])
  }
}
