internal import Precompiler
internal import SystemPackage
internal import WasmEngine

/// A host that artifacts are for: the engine that it has, and what is set on it.
struct HostChoice: Sendable {
  /// As messages call it; nil for the one that is not named.
  var name: String?
  var search: EngineSearch
  /// One for each backend, without repetitions.
  var settings: [EngineSettings]
  /// Whether nothing but the environment can have set `backtrace-details`.
  var hasDetailsOfEnvironment = false
  /// The target triples that were asked for; empty for this machine.
  var targets: [String] = []
  /// An artifact of that host's engine, whose settings are to be found out; they come on top of the others.
  var like: FilePath?

  /// The directory for its exports: its name, or that of the file that describes it.
  var directoryName: String? { name.flatMap { FilePath($0).lastComponent?.stem } }
}

/// What options say about hosts, as they were given.
struct HostRequest: Sendable {
  let engine: EngineOptions
  let compiler: CompilerOptions
  let hosts: HostOptions
  /// What the project's configuration file lies above, or in.
  let place: FilePath?
  /// Whether hosts have every backend that there is, where nothing says which.
  var showsEveryBackend = false

  /// The hosts that artifacts are for, in the order of the options; a single one if none is named.
  func choices() throws(RunFailure) -> [HostChoice] {
    var choices: [HostChoice] = []
    for name in hosts.wantedNames { choices.append(try choice(of: HostTables.named(name.text, for: place ?? "."))) }
    for file in hosts.engineConfig {
      choices.append(choice(try EngineConfigurationFile.read(file.path), name: file.path.printable))
    }
    for artifact in hosts.like {
      choices.append(choice(like: artifact.path))
    }
    if choices.isEmpty { choices = [choice(EngineConfiguration(), name: nil)] }
    return try choices.map { (choice) throws(RunFailure) in
      var choice = choice
      choice.settings = try choice.settings.map { (one) throws(RunFailure) in
        if !one.backend.isOfLibwasmtime { return one.with(instead: one.configuration.ofRustHosts) }
        if let (error, place) = one.configuration.unreachable {
          let place = (place ?? choice.name).map { "\($0): " } ?? ""
          throw RunFailure(status: .usage, message: "\(place)\(error.advice)".printable)
        }
        return one.with(instead: one.configuration.ofCHosts)
      }
      return choice
    }
  }

  /// What the sample tells comes first, and then what the command line adds to it.
  private func choice(like artifact: FilePath) -> HostChoice {
    var typed = EngineConfiguration()
    hosts.applyCommandLine(to: &typed, withEnvironment: false)
    var choice = HostChoice(
      name: artifact.printable, search: engine.search, settings: compiler.settings(typed),
      targets: compiler.targets.map(\.text))
    choice.like = artifact
    return choice
  }

  /// - Parameter configuration: what is set besides the options.
  private func choice(_ configuration: EngineConfiguration, name: String?) -> HostChoice {
    func with(environment: Bool) -> EngineConfiguration {
      var all = configuration
      if name == nil {
        hosts.apply(to: &all, withEnvironment: environment)
      } else {
        hosts.applyCommandLine(to: &all, withEnvironment: environment)
      }
      return all
    }
    return HostChoice(
      name: name, search: engine.search, settings: settings(compiler, with(environment: true)),
      hasDetailsOfEnvironment: !with(environment: false).hasBacktraceDetails, targets: compiler.targets.map(\.text))
  }

  /// A named host has what the command line says, then what its table says, and what is set elsewhere for the rest. Settings of
  /// the engine that are set elsewhere are not for it.
  private func choice(of table: NamedTable) throws(RunFailure) -> HostChoice {
    let values = table.values
    let ownEngine = EngineOptions(given: [:], values)
    let own = CompilerOptions(given: [:], values)
    var compiler = compiler
    compiler.adopt(own)
    let namesBackends = values["backends"] != nil
    let file = try values["engine-config"]?.path.map { (path) throws(RunFailure) in
      try EngineConfigurationFile.read(path)
    }
    func with(environment: Bool) -> EngineConfiguration {
      var all = file ?? EngineConfiguration()
      HostOptions(given: [:], values).apply(to: &all, withEnvironment: environment)
      hosts.applyCommandLine(to: &all, withEnvironment: environment)
      return all
    }
    return HostChoice(
      name: table.name, search: ownEngine.engine == nil || engine.isGiven ? engine.search : ownEngine.search,
      settings: settings(compiler, with(environment: true), namesBackends: namesBackends),
      hasDetailsOfEnvironment: !with(environment: false).hasBacktraceDetails, targets: compiler.targets.map(\.text),
      like: values["like"]?.path)
  }

  private func settings(
    _ compiler: CompilerOptions, _ configuration: EngineConfiguration, namesBackends: Bool = false
  ) -> [EngineSettings] {
    var compiler = compiler
    if showsEveryBackend && !namesBackends { compiler.backends = Backend.libwasmtime }
    return compiler.settings(configuration)
  }
}

extension GivenSetting {
  fileprivate var path: FilePath? { texts.first.flatMap { PathArgument(argument: $0)?.path } }
}

extension CompilerOptions {
  /// One for each backend, without repetitions. The engine's own settings count before the options: which of libwasmtime's
  /// backends it has is one of them, and other compilers are told.
  func settings(_ configuration: EngineConfiguration) -> [EngineSettings] {
    var all: [EngineSettings] = []
    for backend in backends {
      let own = backend.isOfLibwasmtime ? configuration.backend : nil
      let one = EngineSettings(
        backend: own ?? backend, optimization: optLevel, cpu: cpu, features: features, configuration: configuration)
      if !all.contains(one) { all.append(one) }
    }
    return all
  }
}
