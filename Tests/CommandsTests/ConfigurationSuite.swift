import ArgumentParser
import SystemPackage
import TestSupport
import Testing

@testable import Commands

/// Tests of configuration files, with a directory for one.
protocol ConfigurationSuite {
  var directory: TemporaryDirectory { get }
}

extension ConfigurationSuite {
  func file(_ text: String) throws -> ConfigurationFile {
    try #require(try ConfigurationFile(at: try directory.write(text, to: ConfigurationFile.projectName)))
  }

  func configuration(_ text: String, isProject: Bool = false) throws -> Configuration {
    Configuration(layers: [try file(text).values(isProject: isProject)])
  }

  /// What a user reads of a file, without the file's name; nil if it is understood.
  func refusal(_ text: String, isProject: Bool = false) throws -> String? {
    do {
      _ = try configuration(text, isProject: isProject)
      return nil
    } catch let failure as RunFailure {
      #expect(failure.status == .usage)
      let name = "\(directory(ConfigurationFile.projectName)):"
      #expect(failure.message.hasPrefix(name))
      return String(failure.message.dropFirst(name.count))
    }
  }

  /// What the arguments and a configuration come to.
  func precompile(_ arguments: String..., with configuration: Configuration) throws -> PrecompileInvocation {
    var command = try #require(try PrecompileCommand.parseAsRoot(arguments) as? PrecompileCommand)
    command.fill(from: configuration.given)
    return command.invocation
  }
}
