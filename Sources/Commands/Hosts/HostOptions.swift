internal import ArgumentParser
internal import WasmEngine

/// The engines that are going to load the artifacts: what their hosts have set.
struct HostOptions: CommandOptions {
  @CommandOption(
    "host", key: "hosts",
    help: ArgumentHelp(
      "Compile for the host that a configuration file describes in [host.NAME]. Repeatable.", valueName: "name"),
    setting: .byAnyone("names of [host.NAME]"))
  var names: [HostName] = []

  @CommandOption(
    "engine-config",
    help: ArgumentHelp(
      "Compile for an engine with the settings in this file, as `wasmtime --config` reads it. Repeatable.",
      valueName: "file"), completion: .file(extensions: ["toml"]))
  var engineConfig: [PathArgument] = []

  @CommandOption(
    "like",
    help: ArgumentHelp(
      "Compile for the engine that serialized this artifact: its settings are found out. Repeatable.",
      valueName: "artifact"), completion: .file(extensions: ["cwasm"]))
  var like: [PathArgument] = []

  @CommandOption(
    "optimize", short: "O",
    help: ArgumentHelp(
      "A setting of the host's engine, as `wasmtime compile` takes it: memory-reservation=0. -O help lists them.",
      valueName: "setting"),
    setting: .byAnyone(
      "settings such as memory-reservation=0", isValid: { $0.isSetting(of: .optimize) },
      advice: { SettingText.complaint(about: $0, of: .optimize) }))
  var optimize: [SettingText] = []

  @CommandOption(
    "codegen", short: "C",
    help: ArgumentHelp(
      "The same, for what `wasmtime compile` takes as -C: native-unwind-info=n.", valueName: "setting"),
    // Flags of Cranelift can take defences out of the code.
    setting: .byUsersOnly(
      "settings such as native-unwind-info=n", isValid: { $0.isSetting(of: .codegen) },
      advice: { SettingText.complaint(about: $0, of: .codegen) }))
  var codegen: [SettingText] = []

  @CommandOption(
    "debug", short: "D",
    help: ArgumentHelp("The same, for what `wasmtime compile` takes as -D: debug-info.", valueName: "setting"),
    setting: .byAnyone(
      "settings such as debug-info", isValid: { $0.isSetting(of: .debug) },
      advice: { SettingText.complaint(about: $0, of: .debug) }))
  var debug: [SettingText] = []

  @CommandOption(
    "wasm", short: "W",
    help: ArgumentHelp(
      "The same, for what `wasmtime compile` takes as -W: epoch-interruption, fuel=1.", valueName: "setting"),
    setting: .byAnyone(
      "settings such as epoch-interruption", isValid: { $0.isSetting(of: .wasm) },
      advice: { SettingText.complaint(about: $0, of: .wasm) }))
  var wasm: [SettingText] = []

  /// The hosts that are named. Those that files and the environment name do not count beside others on the command line.
  var wantedNames: [HostName] { _names.isGiven || (engineConfig.isEmpty && like.isEmpty) ? names : [] }

  /// Whether the command line says anything about hosts.
  var isGiven: Bool {
    _names.isGiven || _engineConfig.isGiven || _like.isGiven || _optimize.isGiven || _codegen.isGiven || _debug.isGiven
      || _wasm.isGiven
  }

  /// The settings given one by one.
  var configuration: EngineConfiguration {
    var configuration = EngineConfiguration()
    apply(to: &configuration)
    return configuration
  }

  /// Sets them on what a host has otherwise, of which they may switch something off.
  ///
  /// - Parameter withEnvironment: whether what the environment sets on engines is set, too.
  func apply(to configuration: inout EngineConfiguration, withEnvironment: Bool = true) {
    if withEnvironment { configuration.merge(.ofEnvironment) }
    applyOptions(to: &configuration)
  }

  private func applyOptions(to configuration: inout EngineConfiguration) {
    // `validate` has refused what cannot be set, and files' settings were checked when they were read.
    for (group, text) in groups { try? configuration.set(all: text.text, in: group, at: place(of: group)) }
  }

  /// Sets those of the command line alone: what files and the environment set is for the host that is not named.
  ///
  /// - Parameter withEnvironment: whether what the environment sets on engines is set, too.
  func applyCommandLine(to configuration: inout EngineConfiguration, withEnvironment: Bool = true) {
    var own = HostOptions()
    if _optimize.isGiven { own.optimize = optimize }
    if _codegen.isGiven { own.codegen = codegen }
    if _debug.isGiven { own.debug = debug }
    if _wasm.isGiven { own.wasm = wasm }
    if withEnvironment { configuration.merge(.ofEnvironment) }
    own.applyOptions(to: &configuration)
  }

  private var groups: [(EngineSetting.Group, SettingText)] {
    optimize.map { (.optimize, $0) } + codegen.map { (.codegen, $0) } + debug.map { (.debug, $0) }
      + wasm.map { (.wasm, $0) }
  }

  /// Where settings of a group were set, as messages call it.
  private func place(of group: EngineSetting.Group) -> String {
    let origin =
      switch group {
      case .optimize: _optimize.origin
      case .codegen: _codegen.origin
      case .debug: _debug.origin
      case .wasm: _wasm.origin
      }
    return origin.flatMap { $0 == .commandLine ? nil : "\($0)" } ?? "-\(group.letter)"
  }

  func validate() throws {
    for (group, text) in groups {
      if ["help", "help-long"].contains(text.text) { throw CleanExit.message(EngineSetting.help(of: group)) }
      do { _ = try EngineConfiguration(text.text, in: group) } catch {
        throw ValidationError("-\(group.letter): \(error.advice)")
      }
    }
  }
}

/// One or more settings as an argument: `epoch-interruption,fuel=1`.
struct SettingText: OptionValue {
  let text: String

  init?(argument: String) { text = argument }

  func isSetting(of group: EngineSetting.Group) -> Bool { (try? EngineConfiguration(text, in: group)) != nil }

  /// What is wrong with a text, and what was perhaps meant; nil if nothing is.
  static func complaint(about text: String, of group: EngineSetting.Group) -> String? {
    do { _ = try EngineConfiguration(text, in: group) } catch { return error.advice }
    return nil
  }
}

/// The name of a host as an argument.
struct HostName: OptionValue {
  let text: String

  init?(argument: String) { text = argument }
}

extension EngineConfiguration {
  /// Reads settings of one group, as wasmtime's command line takes them.
  init(_ text: String, in group: EngineSetting.Group) throws(EngineConfigurationError) {
    self.init()
    try set(all: text, in: group, at: nil)
  }

  /// - Parameter place: where they were set, in words.
  fileprivate mutating func set(
    all text: String, in group: EngineSetting.Group, at place: String?
  ) throws(EngineConfigurationError) {
    for word in text.split(separator: ",", omittingEmptySubsequences: false) {
      let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
      try set(parts[0], to: parts.count == 2 ? parts[1] : nil, in: group, at: place)
    }
  }
}

extension EngineConfigurationError {
  /// What is wrong, and what was perhaps meant.
  var advice: String {
    if case .onlyRust = self {
      return "\(statement): use --backend wasmtime-cli, with the `wasmtime` command of the host's release on PATH"
    }
    guard case .unknown(let name, let group) = self else { return description }
    // A host with all of them loads what was made without, and what a release has of them is another matter each.
    if name == "all-proposals", group == nil || group == .wasm {
      return "\(self): name each proposal that modules need beyond the usual ones, as in -W gc,stack-switching"
    }
    let known = EngineSetting.all.filter { $0.group == group || group == nil }.map(\.name)
    if let near = known.nearest(to: name, within: max(2, name.count / 4)) { return "\(self): did you mean \(near)?" }
    if let other = EngineSetting.all.first(where: { $0.name == name }) {
      return "\(self): it is one of -\(other.group.letter)"
    }
    return "\(self); " + (group.map { "-\($0.letter) help lists them" } ?? "see wasmprecompile-hosts(7)")
  }
}
