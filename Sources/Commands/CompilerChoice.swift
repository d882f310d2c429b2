internal import LinuxIO
internal import Precompiler
internal import WasmEngine
internal import WasmtimeToolchain

/// A command's choice of compilers: the hosts whose engines are going to load the artifacts, and how compilers are kept.
struct CompilerChoice: Sendable {
  let request: HostRequest
  var options = WasmtimeToolchain.Options()
  /// Whether only the first host's first backend counts, as to run a module.
  var isSingle = false
  /// What was found out about samples, for all copies of this value: to ask takes a tenth of a second, and a watcher has many
  /// batches.
  private let likenesses = Likenesses()

  init(request: HostRequest) { self.request = request }

  /// Runs the precompiler with the compilers as they are found now.
  func run(
    _ request: PrecompileRequest, observer: any RunObserver, _ cancellation: Cancellation
  ) throws(RunFailure) -> RunSummary {
    // A watcher has run after run, and something else may have been mounted since the last.
    ImageFileSystems.lookAgain()
    let toolchains = try findToolchains(cancellation)
    do {
      return try Precompiler(request, with: toolchains, observer: observer, cancellation: cancellation).run()
    } catch {
      throw RunFailure(error)
    }
  }

  /// How many settings a compiler is asked about at once: a child's answer is one message, and a record has about a thousand
  /// bytes. To tell Winch from its substitute takes a second one.
  private static let mostSettings = 25

  /// Finds the compilers as they are now: one for each engine library, for all hosts that have it, or more where these are very
  /// many.
  func findToolchains(_ cancellation: Cancellation) throws(RunFailure) -> [WasmtimeToolchain] {
    var found: [(engine: EngineFile, settings: [EngineSettings], hosts: [[String]])] = []
    for host in try hosts(cancellation) {
      try host.requireReachable()
      let names = host.directoryName.map { [$0] } ?? []
      for one in host.settings {
        let places = found.indices.filter { found[$0].engine.stamp.identity == host.engine.stamp.identity }
        if let place = places.first(where: { found[$0].settings.contains(one) }),
          let known = found[place].settings.firstIndex(of: one)
        {
          found[place].hosts[known] += names
        } else if let place = places.last, found[place].settings.count < Self.mostSettings {
          found[place].settings.append(one)
          found[place].hosts.append(names)
        } else {
          found.append((host.engine, [one], [names]))
        }
      }
    }
    return found.map {
      WasmtimeToolchain(
        $0.engine, settings: $0.settings, hosts: $0.hosts, options: options, cancellation: cancellation)
    }
  }

  /// Finds each host's engine, and what is set on it.
  func hosts(_ cancellation: Cancellation) throws(RunFailure) -> [FoundHost] {
    let choices = try request.choices()
    var found: [FoundHost] = []
    for choice in isSingle ? Array(choices.prefix(1)) : choices {
      let engine: EngineFile
      do { engine = try choice.search.find() } catch { throw RunFailure(error) }
      var host = FoundHost(name: choice.name, engine: engine, settings: choice.settings)
      if let sample = choice.like { try host.adopt(sample, options, likenesses, cancellation) }
      if isSingle { host.settings = Array(host.settings.prefix(1)) }
      found.append(host)
    }
    return found
  }
}

extension PrecompileInvocation {
  var compilers: CompilerChoice {
    var choice = CompilerChoice(request: HostRequest(engine: engine, compiler: compiler, hosts: hosts, place: place))
    choice.options.confinement = limits.confinement(sandbox)
    return choice
  }
}
