// Cold: an empty cache, and everything is compiled.
extension Benchmark {
  static func coldCorpus(_ backend: Backend, ofEngine ratio: Double, ofParallel parallel: Double?) -> Benchmark {
    Benchmark(name: "cold-corpus-\(backend.rawValue)", title: "cold, corpus, \(backend.rawValue)", rounds: 5) { site in
      let modules = try ModuleTree.corpus(at: site)
      return Contest(
        ours: .compiling(modules, with: Tool(at: site, cache: "corpus", backend)),
        peers: [
          Peer(.engineAlone(modules, backend, at: site), .ratio(atMost: ratio), processorTimeName: "engine alone"),
          Peer(.engineOnEach(modules, backend, at: site), nil),
          Peer(.engineParallel(modules, backend, at: site), parallel.map { .ratio(atMost: $0) }),
        ])
    }
  }

  static let coldSmall = Benchmark(
    name: "cold-small-10k", title: "cold, 10,000 modules of 50 bytes, winch", rounds: 5, diskBytes: 900_000_000
  ) { site in
    let modules = try ModuleTree.small(10_000, at: site)
    return Contest(
      ours: .compiling(modules, with: Tool(at: site, cache: "cold-small", .winch)),
      peers: [
        Peer(
          .engineAlone(modules, .winch, at: site), .ratio(atMost: 1.5), processorTimeName: "engine alone",
          processorTimeTarget: .ratio(atMost: 1.4))
      ])
  }

  static let coldMix = Benchmark(
    name: "cold-mix", title: "cold, 4,000 modules of 50 bytes to 5 kB, a third invalid, winch", rounds: 5,
    diskBytes: 400_000_000
  ) { site in
    let modules = try ModuleTree.mixed(4000, at: site)
    let invalid = ModuleTree.invalid(among: 4000)
    return Contest(
      ours: .compiling(modules, with: Tool(at: site, cache: "cold-mix", .winch), invalid: invalid),
      peers: [
        Peer(
          .engineAlone(modules, .winch, invalid: invalid, at: site), .ratio(atMost: 1.5),
          processorTimeName: "engine alone", processorTimeTarget: .ratio(atMost: 1.4))
      ])
  }

  /// - Parameters:
  ///   - ratio: of the engine's processor time ÷ the processors.
  ///   - processorRatio: of the engine's processor time; nil for no target.
  static func coldPackaged(_ backend: Backend, ofEngine ratio: Double, processorTime processorRatio: Double?)
    -> Benchmark
  {
    Benchmark(
      name: "cold-pypi-\(backend.rawValue)", title: "cold, modules of PyPI's packages, \(backend.rawValue)", rounds: 3,
      diskBytes: 500_000_000
    ) { site in
      let modules = try ModuleTree.packaged(at: site)
      return Contest(
        ours: .compiling(modules, with: Tool(at: site, cache: "packaged", backend)),
        peers: [
          Peer(
            .engineAlone(modules, backend, at: site), .ratio(atMost: ratio), processorTimeName: "engine alone",
            processorTimeTarget: processorRatio.map { .ratio(atMost: $0) }),
          Peer(.engineOnEach(modules, backend, at: site), nil),
        ])
    }
  }

  static let coldAlikeHosts = Benchmark(
    name: "cold-hosts-same", title: "cold, corpus, three hosts with the same artifacts", rounds: 3,
    diskBytes: 500_000_000
  ) { site in
    let modules = try ModuleTree.corpus(at: site)
    let one = Tool(at: site, cache: "one-host", .cranelift, for: .one)
    return Contest(
      ours: .compilingAlike(modules, with: Tool(at: site, cache: "alike", .cranelift, for: .alike)),
      peers: [Peer(.compiling(modules, with: one, name: "wasmprecompile, one host"), .ratio(atMost: 1.1))])
  }

  static let coldHosts = Benchmark(
    name: "cold-hosts", title: "cold, corpus, three hosts on two engines", rounds: 3, diskBytes: 500_000_000
  ) { site in
    let modules = try ModuleTree.corpus(at: site)
    let hosts = try HostSet.fleet(at: site)
    return Contest(
      ours: .compiling(modules, with: Tool(at: site, cache: "hosts", .cranelift, for: hosts)),
      peers: [
        Peer(.enginesAlone(modules, .cranelift, for: hosts, at: site), .ratio(atMost: 1.05)),
        Peer(.engineOnEach(modules, .cranelift, for: hosts, at: site), nil),
      ])
  }

  static let coldPrograms = Benchmark(name: "cold-wasm2c", title: "cold, 40 modules, wasm2c and cc", rounds: 7) {
    site in
    let modules = try ModuleTree.smallPrograms(40, at: site)
    let compiler = try Wasm2C(at: site)
    return Contest(
      ours: .compiling(modules, by: compiler, at: site),
      peers: [Peer(.xargs(modules, by: compiler, at: site), .ratio(atMost: 1.03))])
  }

  static let coldLargeModule = Benchmark(name: "cold-3mb", title: "cold, one 3 MB module", rounds: 7) { site in
    let modules = try ModuleTree.large(bytes: 3_000_000, at: site)
    return Contest(
      ours: .compiling(modules, with: Tool(at: site, cache: "large", .cranelift)),
      peers: [Peer(.engineParallel(modules, .cranelift, at: site), .ratio(atMost: 1.05))])
  }
}
