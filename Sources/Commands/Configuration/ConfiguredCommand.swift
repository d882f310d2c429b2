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
    Configuration.warnOfMisspelledVariables()
    let configuration = try Configuration.load(for: place ?? ".")
    if !configuration.isEmpty { fill(from: configuration.given) }
  }
}
