internal import ArgumentParser
internal import LinuxIO
internal import SystemPackage

/// What the environment and the configuration files set, for options that the command line leaves open.
///
/// The environment counts before the project's file, that before the user's. A list is taken whole from the first that
/// has it.
struct Configuration: Sendable {
  /// Where a value was set.
  enum Origin: Hashable, Sendable {
    case environment(variable: String)
    case file(FilePath, line: Int)
  }

  /// What was written for a setting; accepted by it.
  struct Given: Sendable {
    let texts: [String]
    let origin: Origin
  }

  /// Those that count first come first.
  private let layers: [[String: Given]]

  init(layers: [[String: Given]] = []) { self.layers = layers }

  /// - Parameter place: what the project's file lies above, or in.
  static func load(for place: FilePath) throws(RunFailure) -> Configuration {
    var layers = [try environment()]
    if let path = userFile, let file = try ConfigurationFile(at: path) {
      layers.append(try file.values(isProject: false))
    }
    if let file = try ConfigurationFile.nearest(to: place) {
      layers.insert(try file.projectValues(beside: layers), at: 1)
    }
    return Configuration(layers: layers)
  }

  /// The files that are read.
  static func files(for place: FilePath) throws(RunFailure) -> [FilePath] {
    let project = try ConfigurationFile.nearest(to: place)
    let user: ConfigurationFile? = if let userFile { try ConfigurationFile(at: userFile) } else { nil }
    return [project, user].compactMap { $0?.path }
  }

  /// The user's own file.
  static var userFile: FilePath? {
    // The specification of base directories says to ignore relative values.
    if let base = Environment.path("XDG_CONFIG_HOME"), base.isAbsolute {
      return base.appending("wasmprecompile/config.toml")
    }
    return Environment.path("HOME").map { Environment.absolute($0).appending(".config/wasmprecompile/config.toml") }
  }

  /// Whether nothing is set anywhere, as mostly.
  var isEmpty: Bool { layers.allSatisfy(\.isEmpty) }

  private static func environment() throws(RunFailure) -> [String: Given] {
    // To know all settings takes a third of a millisecond.
    guard EnvironmentVariables.hasName(startingWith: "WASMPRECOMPILE_") else { return [:] }
    var found: [String: Given] = [:]
    for setting in Settings.all {
      guard let value = Environment.bytes(setting.variable) else { continue }
      let texts = setting.values(inVariable: RawArguments.encode(value))
      for text in texts where !setting.accepts(text) {
        throw RunFailure(
          status: .usage, message: "\(setting.variable): must be \(setting.expectation), not '\(text.printable)'")
      }
      found[setting.key] = Given(texts: texts, origin: .environment(variable: setting.variable))
    }
    return found
  }

  // MARK: What is set

  func given(_ setting: any AnySetting) -> Given? { layers.lazy.compactMap { $0[setting.key] }.first }

  private func values<Value>(_ setting: Setting<Value>) -> [Value]? {
    given(setting).map { $0.texts.compactMap(setting.value) }
  }

  /// Fills an option that the command line leaves open.
  func fill<Value>(_ option: inout Value?, from setting: Setting<Value>) {
    option = option ?? values(setting)?.first
  }

  /// Fills a list that the command line leaves empty.
  func fill<Value>(_ options: inout [Value], from setting: Setting<Value>) {
    if options.isEmpty { options = values(setting) ?? [] }
  }

  /// Raises a flag that the command line does not.
  func fill(_ flag: inout Bool, from setting: Setting<Bool>) {
    flag = flag || values(setting)?.first ?? false
  }
}
