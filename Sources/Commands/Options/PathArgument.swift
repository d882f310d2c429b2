internal import ArgumentParser
internal import LinuxIO
internal import SystemPackage

/// A file's path as an argument, with every byte that the shell passed.
struct PathArgument: OptionValue {
  let path: FilePath

  init(path: FilePath) { self.path = path }

  init?(argument: String) {
    guard !argument.isEmpty else { return nil }
    path = FilePath(bytes: RawArguments.decode(argument))
  }

  static var form: SettingForm { .path }

  var defaultValueDescription: String { path.string }

  static var defaultCompletionKind: CompletionKind { .file() }
}
