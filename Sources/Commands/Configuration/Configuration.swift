internal import LinuxIO
internal import RemoteCache
internal import SystemPackage

/// What is done about something that is wrong with a setting: it is thrown, or the setting is passed over.
typealias SettingTrouble = (Setting, RunFailure) throws(RunFailure) -> Void

/// The settings of the environment and of the configuration files, for options that the command line leaves open.
///
/// The environment counts before the project's file, that before the user's. A list is taken whole from the first that
/// has it.
struct Configuration: Sendable {
  /// The text that counts, for each setting that is set.
  let given: GivenSettings
  /// What was passed over, and why.
  var warnings: [Warning] = []

  struct Warning: Hashable, Sendable {
    /// The file, where one is passed over as a whole.
    var path: FilePath?
    let message: String
  }

  /// - Parameter layers: the layers, in the order in which they count.
  init(layers: [GivenSettings] = []) {
    given = layers.reduce(into: [:]) { given, layer in given.merge(layer) { first, _ in first } }
  }

  /// - Parameters:
  ///   - place: what the project's file lies above, or in.
  ///   - concerns: whether a setting has anything to do with the command. What is wrong with another is only warned of.
  static func load(
    for place: FilePath, concerning concerns: (Setting) -> Bool = { _ in true }
  ) throws(RunFailure) -> Configuration {
    var warnings = misspelledVariables().map { Warning(message: $0) }
    let trouble: SettingTrouble = { (setting, failure) throws(RunFailure) in
      if concerns(setting) { throw failure }
      warnings.append(Warning(message: "\(failure.message) (this command does without)"))
    }
    var layers = [try environment(trouble)]
    if let path = userFile, let file = try ConfigurationFile(at: path) {
      layers.append(try file.values(isProject: false, trouble))
    }
    let file = try ConfigurationFile.nearest(to: place) { path, objection in
      warnings.append(Warning(path: path, message: "not used: \(objection)"))
    }
    if let file { layers.insert(try file.projectValues(beside: layers, trouble), at: 1) }
    var configuration = Configuration(layers: layers)
    configuration.warnings = warnings
    return configuration
  }

  /// Tells what was passed over, before the command has anything to say.
  func warn() {
    if warnings.isEmpty { return }
    let isForPrograms = JSONLines.areWanted(by: RawArguments.ofThisProcess())
    for warning in warnings {
      if isForPrograms {
        JSONLines.writeEarly(JSONRunLines.warning(warning.path, warning.message))
      } else {
        let place = warning.path?.printable ?? Program.name
        Output.error.write(Palette.plain.warning(place, warning.message) + "\n")
      }
    }
  }

  /// The files that are read.
  static func files(for place: FilePath) throws(RunFailure) -> [FilePath] {
    let project = try ConfigurationFile.nearest(to: place)
    let user: ConfigurationFile? = if let userFile { try ConfigurationFile(at: userFile) } else { nil }
    return [project, user].compactMap { $0?.path }
  }

  /// The files that are read, and those nearby that would be.
  ///
  /// One that is made further up would count, too. For that each directory up to the root would have to be watched, where much
  /// else happens.
  static func watchedFiles(for place: FilePath) throws(RunFailure) -> [FilePath] {
    let resolved = place.resolved ?? Environment.absolute(place)
    let nearby = [resolved, resolved.removingLastComponent()].map { $0.appending(ConfigurationFile.projectName) }
    let all = try files(for: place) + nearby + [userFile].compactMap(\.self)
    return all.enumerated().filter { !all[..<$0.offset].contains($0.element) }.map(\.element)
  }

  /// The user's own file.
  static var userFile: FilePath? { ConfigurationFile.ofUser }

  /// Whether nothing is set anywhere, which is the usual case.
  var isEmpty: Bool { given.isEmpty }

  /// What is wrong with the names of this program's variables, one misspelled name each.
  ///
  /// A name that is like none of ours may be anybody's.
  static func misspelledVariables() -> [String] {
    guard EnvironmentVariables.hasName(startingWith: variablePrefix) else { return [] }
    let known = Settings.all.map(\.variable)
    let words = known.map { String($0.dropFirst(variablePrefix.count)) }
    return EnvironmentVariables(inheriting: [variablePrefix]).names.sorted { $0.lexicographicallyPrecedes($1) }
      .compactMap { bytes in
        let name = RawArguments.encode(bytes)
        guard !known.contains(name), !others.contains(name),
          let near = words.likely(for: String(name.dropFirst(variablePrefix.count)))
        else { return nil }
        return "\(name.printable) is no setting: did you mean \(variablePrefix)\(near)?"
      }
  }

  private static let variablePrefix = "WASMPRECOMPILE_"

  /// Variables that are no settings: what commands of `--exec` are given, which may run this program in turn, and where a
  /// program lies.
  private static let others =
    ["CHANGED", "REMOVED", "CHANGED_COUNT", "REMOVED_COUNT"].map { variablePrefix + $0 }
    + [HelperSearch.variable]

  private static func environment(_ trouble: SettingTrouble) throws(RunFailure) -> GivenSettings {
    // This check comes first, because to know all settings takes a third of a millisecond.
    guard EnvironmentVariables.hasName(startingWith: variablePrefix) else { return [:] }
    var found: GivenSettings = [:]
    for setting in Settings.all {
      guard let value = Environment.inherited(Array(setting.variable.utf8)) else { continue }
      // An empty variable switches a list off. To anything else it is as good as unset.
      if value.isEmpty && (!setting.isList || setting.complaintIfEmpty != nil) { continue }
      let texts = setting.values(inVariable: RawArguments.encode(value))
      var complaint: String?
      if texts.isEmpty {
        complaint = setting.complaintIfEmpty
      } else if let wrong = texts.first(where: { !setting.accepts($0) }) {
        complaint = "must be \(setting.expectation), not '\(wrong.printable)'\(setting.advice(about: wrong))"
      }
      if let complaint {
        try trouble(setting, RunFailure(status: .usage, message: "\(setting.variable): \(complaint)"))
        continue
      }
      found[setting.key] = GivenSetting(texts: texts, origin: .environment(variable: setting.variable))
    }
    return found
  }
}
