internal import ArgumentParser
internal import SystemPackage

/// A command with options that may be set outside the command line, too.
protocol ConfiguredCommand: ParsableCommand {
  /// The first path it is given: the project's file lies above it. Nil is for the working directory.
  var place: FilePath? { get }

  /// Fills what the command line left open.
  mutating func fill(from settings: GivenSettings)
}

extension ConfiguredCommand {
  var place: FilePath? { nil }

  mutating func configure() throws(RunFailure) {
    let configuration = try Configuration.load(for: place ?? ".", concerning: has)
    configuration.warn()
    if !configuration.isEmpty { fill(from: configuration.given) }
  }

  /// Whether a setting is one of this command's options. Asked only where something is wrong with one.
  private func has(_ setting: Setting) -> Bool {
    Mirror(reflecting: self).children.contains { child in
      (child.value as? any SettingsHolder)?.settings.contains { $0.key == setting.key } ?? false
    }
  }
}

/// A property of a command that may hold options which are settings.
private protocol SettingsHolder {
  var settings: [Setting] { get }
}

extension OptionGroup: SettingsHolder where Value: SettingsHolder {
  fileprivate var settings: [Setting] { wrappedValue.settings }
}

extension ParsedOptions: SettingsHolder {
  fileprivate var settings: [Setting] { Group.members.flatMap(\.settings) }
}
