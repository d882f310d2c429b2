internal import ArgumentParser
internal import Glibc
internal import SystemPackage

/// The program when its first argument names a subcommand.
struct Subcommands: ParsableCommand {
  static let configuration = CommandConfiguration(
    commandName: Program.name, version: Program.version, subcommands: all)

  static let all: [any ParsableCommand.Type] = [
    PathCommand.self, RunCommand.self, HashCommand.self, InspectCommand.self, EnginesCommand.self, CacheCommand.self,
    KeysCommand.self, RemoteCommand.self, ConfigCommand.self, CompletionsCommand.self,
  ]

  /// The names that people may type, of ``all``. They are written down here, because every run asks whether its first argument is
  /// one, and to describe ten commands takes a sixth of a millisecond.
  static let names = [
    "path", "run", "hash", "inspect", "engines", "cache", "keys", "remote", "config", "completions",
  ]

  /// The subcommand that is nearest to a mistyped word; nil for a file, and for a word that is near to none.
  static func misspelled(_ word: String) -> String? {
    guard word.utf8.allSatisfy({ UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 }), !names.contains(word), word != "help",
      access(word, F_OK) != 0
    else { return nil }
    if let near = names.nearest(to: word, within: word.utf8.count / 3) { return near }
    // `stats` is meant for `cache stats`.
    for command in all {
      let nested = command.configuration.subcommands.compactMap { $0.configuration.commandName }
      if let name = command.configuration.commandName, let near = nested.nearest(to: word, within: word.utf8.count / 4)
      {
        return "\(name) \(near)"
      }
    }
    return nil
  }

  /// Refuses a subcommand that follows options: it would be taken for a path.
  static func refuseOne(among paths: [PathArgument]) throws {
    for name in paths.map({ $0.path.string }) where names.contains(name) && access(name, F_OK) != 0 {
      throw ValidationError("'\(name)' is a subcommand: put it first, before its options")
    }
  }
}
