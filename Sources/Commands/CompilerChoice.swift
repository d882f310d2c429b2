internal import Confinement
internal import LinuxIO
internal import Precompiler
internal import ProgramToolchain
internal import Synchronization
internal import WasmEngine
internal import WasmtimeToolchain

/// A command's choice of compilers: the hosts whose engines are going to load the artifacts, and how compilers are kept.
struct CompilerChoice: Sendable {
  let request: HostRequest
  var options = WasmtimeToolchain.Options()
  /// Seconds that one module may take.
  var timeout = ProgramToolchain.Options().timeout
  /// Whether only the first host's first backend counts, as to run a module.
  var isSingle = false
  /// What was found out about samples, for all copies of this value: to ask takes a tenth of a second, and a watcher has many
  /// batches.
  private let likenesses = Likenesses()
  /// What was told, for all copies: a watcher has many batches.
  private let told = ToldChoices()

  init(request: HostRequest) { self.request = request }

  /// Runs the precompiler with the compilers as they are found now.
  func run(
    _ request: PrecompileRequest, observer: any RunObserver, _ cancellation: Cancellation
  ) throws(RunFailure) -> RunSummary {
    // A watcher has run after run, and something else may have been mounted since the last.
    ImageFileSystems.lookAgainUnlessFollowed()
    var choice = self
    if request.remote?.executes == true { choice.options.worker = WorkerSearch(program: Environment.executable) }
    let toolchains = try choice.findToolchains(cancellation) { if told.isNew($0) { observer.record($0) } }
    do {
      return try Precompiler(request, with: toolchains, observer: observer, cancellation: cancellation).run()
    } catch {
      throw RunFailure(error)
    }
  }

  /// A compiler that was found, with everything that is wanted of it.
  private enum Wanted {
    case engine(EngineFile, settings: [EngineSettings], hosts: [[String]])
    case program(FoundCompiler, wishes: [CompilerWish], hosts: [[String]])
  }

  /// Finds the compilers as they are now: one for each engine library, or more where its hosts are very many, and
  /// one for each program.
  ///
  /// - Parameter tell: is told what was taken where something was left open, and what is wrong with it.
  func findToolchains(
    _ cancellation: Cancellation, tell: (RunEvent) -> Void = { _ in }
  ) throws(RunFailure) -> [any Toolchain] {
    var wanted: [Wanted] = []
    for choice in try choices() {
      let host = try host(choice, cancellation)
      try host?.requireReachable()
      if choice.like == nil {
        let programs = choice.settings.contains { !$0.backend.isOfLibwasmtime } ? try CompilerFinding() : nil
        for one in choice.settings {
          if one.backend.isOfLibwasmtime {
            if let host { Self.add(one, of: host, to: &wanted) }
          } else if let programs {
            let advice = { CompilerFinding.advice(forTarget: $0, programOptions, cancellation) }
            try Self.add(one, choice, programs, to: &wanted, advice: advice, tell)
          }
        }
      } else if let host {
        for one in host.settings { Self.add(one, of: host, to: &wanted) }
      }
    }
    return wanted.map { one -> any Toolchain in
      switch one {
      case .engine(let engine, let settings, let hosts):
        WasmtimeToolchain(engine, settings: settings, hosts: hosts, options: options, cancellation: cancellation)
      case .program(let compiler, let wishes, let hosts):
        ProgramToolchain(
          compiler, wishes: wishes, hosts: hosts, options: programOptions, cancellation: cancellation)
      }
    }
  }

  var programOptions: ProgramToolchain.Options {
    var all = ProgramToolchain.Options()
    all.timeout = timeout
    all.memory = options.confinement.limits.memory
    all.largestArtifact = options.confinement.limits.file
    all.requiresConfinement = options.confinement.isRequired
    return all
  }

  /// How many settings a compiler is asked about at once: a child's answer is one message, and a record has about a thousand
  /// bytes. To tell Winch from its substitute takes a second one.
  private static let mostSettings = 25

  private static func add(_ one: EngineSettings, of host: FoundHost, to wanted: inout [Wanted]) {
    let names = host.directoryName.map { [$0] } ?? []
    for (place, known) in wanted.enumerated() {
      guard case .engine(let engine, var settings, var hosts) = known,
        engine.stamp.identity == host.engine.stamp.identity,
        settings.contains(one) || settings.count < mostSettings
      else { continue }
      append(one, names, to: &settings, &hosts)
      wanted[place] = .engine(engine, settings: settings, hosts: hosts)
      return
    }
    wanted.append(.engine(host.engine, settings: [one], hosts: [names]))
  }

  private static func add(
    _ one: EngineSettings, _ choice: HostChoice, _ programs: CompilerFinding, to wanted: inout [Wanted],
    advice: (_ target: String) -> String, _ tell: (RunEvent) -> Void
  ) throws(RunFailure) {
    let found = try programs.find(one.backend)
    let name = found.description.name
    if one.backend.rawValue != name {
      tell(.told("--backend \(one.backend.rawValue) takes \(name) (\(found.main.printable))"))
    }
    if let objection = CompilerTrust().objection(to: found) { tell(.warned("--backend \(name): \(objection)")) }
    var configuration = one.configuration
    if found.description.configuration == nil, choice.hasDetailsOfEnvironment, configuration.hasBacktraceDetails {
      // It is wasmtime's own variable. Set for every program, it says nothing about this one.
      configuration = configuration.without(EngineSetting.backtraceDetails)
      tell(.noted("WASMTIME_BACKTRACE_DETAILS is set, which is not for --backend \(name)"))
    }
    let names = choice.directoryName.map { [$0] } ?? []
    let targets: [String?] = choice.targets.isEmpty ? [nil] : choice.targets
    for target in targets {
      let settings = EngineSettings(
        backend: Backend(rawValue: name), optimization: one.optimization, cpu: one.cpu, features: one.features,
        configuration: configuration)
      let wish = CompilerWish(settings, target: target)
      if let objection = wish.objection(of: found.description) {
        let host = choice.name.map { "\($0.printable): " } ?? ""
        let other = target.map { found.description.hasTarget($0) ? "" : ": \(advice($0))" } ?? ""
        throw RunFailure(status: .usage, message: "\(host)--backend \(name) \(objection.printable)\(other)")
      }
      if let place = wanted.firstIndex(where: {
        if case .program(let known, _, _) = $0 { known.description.name == name } else { false }
      }), case .program(let known, var wishes, var hosts) = wanted[place] {
        append(wish, names, to: &wishes, &hosts)
        wanted[place] = .program(known, wishes: wishes, hosts: hosts)
      } else {
        wanted.append(.program(found, wishes: [wish], hosts: [names]))
      }
    }
  }

  private static func append<Wish: Equatable>(
    _ one: Wish, _ names: [String], to all: inout [Wish], _ hosts: inout [[String]]
  ) {
    if let known = all.firstIndex(of: one) {
      hosts[known] += names
    } else {
      all.append(one)
      hosts.append(names)
    }
  }

  private func choices() throws(RunFailure) -> [HostChoice] {
    var choices = try request.choices()
    if isSingle {
      choices = Array(choices.prefix(1))
      if let first = choices.first { choices[0].settings = Array(first.settings.prefix(1)) }
    }
    return choices
  }

  /// Finds each host's engine, and what is set on it.
  func hosts(_ cancellation: Cancellation) throws(RunFailure) -> [FoundHost] {
    var found: [FoundHost] = []
    for choice in try choices() {
      if let host = try host(choice, cancellation) { found.append(host) }
    }
    return found
  }

  /// - Returns: nil if none of its artifacts is a libwasmtime's.
  private func host(_ choice: HostChoice, _ cancellation: Cancellation) throws(RunFailure) -> FoundHost? {
    let settings = choice.settings.filter(\.backend.isOfLibwasmtime)
    if choice.like != nil, let other = choice.settings.first(where: { !$0.backend.isOfLibwasmtime }) {
      throw RunFailure(
        status: .usage,
        message:
          "\(choice.name.map { "\($0.printable): " } ?? "")--backend \(other.backend.rawValue) goes with no --like: only a "
          + "libwasmtime can be asked what an engine is like; `wasmprecompile engines --like` prints its settings as a file "
          + "for --engine-config")
    }
    if settings.isEmpty { return nil }
    let engine: EngineFile
    do { engine = try choice.search.find() } catch { throw RunFailure(error) }
    for target in choice.targets where target != CompilerWish.host {
      guard let one = settings.first(where: { $0.backend != .pulley }) else { continue }
      throw RunFailure(
        status: .usage,
        message: "--target \(target): \(one.backend.rawValue) of \(engine.location.path.printable) makes code for "
          + "\(CompilerWish.host) only: \(CompilerFinding.advice(forTarget: target, programOptions, cancellation))")
    }
    var host = FoundHost(name: choice.name, engine: engine, settings: settings)
    if let sample = choice.like { try host.adopt(sample, options, likenesses, cancellation) }
    if isSingle { host.settings = Array(host.settings.prefix(1)) }
    return host
  }
}

/// What users were told about a choice, each once.
private final class ToldChoices: Sendable {
  private let texts = Mutex<Set<String>>([])

  func isNew(_ event: RunEvent) -> Bool {
    switch event {
    case .told(let text), .warned(let text), .noted(let text): texts.withLock { $0.insert(text).inserted }
    default: true
    }
  }
}

extension PrecompileInvocation {
  var compilers: CompilerChoice {
    var choice = CompilerChoice(request: HostRequest(engine: engine, compiler: compiler, hosts: hosts, place: place))
    choice.options.confinement = limits.confinement(sandbox)
    choice.timeout = limits.timeout.value
    return choice
  }
}
