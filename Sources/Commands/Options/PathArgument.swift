internal import ArgumentParser
internal import LinuxIO
internal import SystemPackage

/// A file's path as an argument, with every byte that the shell passed.
struct PathArgument: ExpressibleByArgument {
  let path: FilePath
  /// Where it was set; nil for the command line.
  var origin: Configuration.Origin?

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    path = FilePath(bytes: RawArguments.decode(argument))
  }

  static var defaultCompletionKind: CompletionKind { .file() }
}
