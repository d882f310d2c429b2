// A cache on another machine: what fetching costs, and what naming one costs where nothing is missing.
extension Benchmark {
  static let remoteNothingToDo = Benchmark(
    name: "remote-noop", title: "nothing to do, 1 module, --remote", rounds: 301
  ) { site in
    let modules = try ModuleTree.small(1, at: site)
    let tool = Tool(at: site, cache: "small-1", .winch)
    var sharing = tool
    // Nobody is asked, so nobody has to be there.
    sharing.remote = "grpc://127.0.0.1:9"
    return Contest(
      ours: .upToDate(modules, with: sharing),
      peers: [Peer(.upToDate(modules, with: tool), .difference(atMost: 0.0005))])
  }

  /// - Parameter roundTrip: what is added to each round trip to the server, in milliseconds.
  static func remoteFetch(roundTrip: Int, ofCompiling ratio: Double) -> Benchmark {
    let suffix = roundTrip == 0 ? "" : "-\(roundTrip)ms"
    let place = roundTrip == 0 ? "on loopback" : "\(roundTrip) ms away"
    return Benchmark(
      name: "remote-fetch\(suffix)", title: "fetch the corpus from a server \(place)", rounds: 5, diskBytes: 500_000_000
    ) { site in
      let modules = try ModuleTree.corpus(at: site)
      let compiling = Contender.compiling(modules, with: Tool(at: site, cache: "corpus", .cranelift))
      return Contest(
        ours: .fetching(modules, .cranelift, roundTrip: roundTrip, at: site),
        peers: [
          Peer(
            compiling, .ratio(atMost: ratio), processorTimeName: "compiling",
            processorTimeTarget: .ratio(atMost: ratio))
        ])
    }
  }
}

// Surveys: how fast artifacts come, and what a server does for that.
extension Benchmark {
  static let remoteSpeed = Benchmark(
    name: "remote-fetch-speed", title: "1,000 small modules fetched, modules per second", rounds: 3
  ) { site, rounds in
    let modules = try ModuleTree.small(1000, at: site)
    let filled = try FilledServer(modules, .winch, at: site)
    let calls = [4, 16, 64]
    let rows = try [0, 5, 20, 50].map { roundTrip in
      try ["\(roundTrip) ms"]
        + calls.map { calls in
          let door = try NarrowDoor(to: filled.server.port, calls: calls, at: site)
          let line = try LongLine(to: door.port, roundTripMilliseconds: roundTrip, at: site)
          var tool = Tool(at: site, cache: "remote", .winch)
          tool.remote = line.address
          Progress.say("\(calls) calls at a time, \(roundTrip) ms away")
          // The first run warms up.
          let runs = try (0...rounds).map { _ in try filled.fetch(tool) }.dropFirst()
          let median = Samples(runs.map(\.seconds)).median
          return Quantity.count(Int(Double(modules.count) / median))
        }
    }
    let header = ["added round trip"] + calls.map { "\($0) calls at a time" }
    return Survey(title: "Modules per second, 1,000 small modules fetched", header: header, rows: rows)
  }

  static let remoteDemand = Benchmark(
    name: "remote-fetch-demand", title: "what is asked of a server for each module", rounds: 3
  ) { site, rounds in
    var rows: [[String]] = []
    for (name, modules, backend) in try [
      ("of 50 bytes", ModuleTree.small(1000, at: site), Backend.winch),
      ("of the corpus", ModuleTree.corpus(at: site), Backend.cranelift),
    ] {
      let filled = try FilledServer(modules, backend, at: site)
      let line = try LongLine(to: filled.server.port, roundTripMilliseconds: 0, at: site)
      var tool = Tool(at: site, cache: "remote", backend)
      tool.remote = line.address
      var demands: [Demand] = []
      for _ in 0..<rounds {
        let seconds = try filled.fetch(tool).serverSeconds ?? 0
        demands.append(Demand(try line.traffic(), processorSeconds: seconds))
      }
      rows.append(["stored, \(name)"] + cells([filled.demand], modules.count))
      rows.append(["fetched, \(name)"] + cells(demands, modules.count))
    }
    let header = ["a module", "calls", "bytes to the server", "bytes from it", "its processor time (casd)"]
    return Survey(title: "What is asked of a server for each module", header: header, rows: rows)
  }

  /// Medians for one module; of calls, all with the one that opens a run.
  private static func cells(_ demands: [Demand], _ modules: Int) -> [String] {
    func perModule(_ quantity: (Demand) -> Double) -> Double {
      Samples(demands.map(quantity)).median / Double(modules)
    }
    return [
      Quantity.number(perModule { Double($0.traffic.calls) }),
      Quantity.count(Int(perModule { Double($0.traffic.bytesToServer) })),
      Quantity.count(Int(perModule { Double($0.traffic.bytesToClient) })),
      Quantity.seconds(perModule(\.processorSeconds)),
    ]
  }
}
