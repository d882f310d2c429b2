internal import ArgumentParser
internal import SystemPackage

/// Files for build tools, beside the cache.
struct OutputOptions: CommandOptions {
  @CommandOption(
    "output",
    help: ArgumentHelp(
      "Put the artifacts into a directory, too, as the modules lie in theirs, with the suffix .cwasm.",
      discussion: """
        With several backends, each has a directory of its name in there. What has the right bytes is left alone, and what \
        was exported from a module that is gone, or for another number of backends, is removed.
        """, valueName: "directory"),
    completion: .directory)
  var output: PathArgument?

  @CommandOption(
    "hard-links",
    help: ArgumentHelp(
      "Let artifacts in --output be further names of the cache's own files, where they can be.",
      discussion: "That takes no room. But whoever writes into one, as root can, changes the cache."))
  var hardLinks = false

  @CommandOption(
    "stamp",
    help: ArgumentHelp(
      "Write a file that changes only when a module does, or what it is compiled with.",
      discussion: "Only if everything could be done.", valueName: "file"))
  var stamp: PathArgument?

  @CommandOption(
    "depfile",
    help: ArgumentHelp(
      "Write what the stamp, or else each file of --output, was made from, as make and ninja read it.",
      discussion: "Only if everything could be done.", valueName: "file"))
  var depfile: PathArgument?

  var isEmpty: Bool { output == nil && stamp == nil && depfile == nil }

  func validate() throws {
    if depfile != nil && stamp == nil && output == nil {
      throw ValidationError("--depfile goes with --stamp or --output, of which it says what they were made from")
    }
    if hardLinks && output == nil { throw ValidationError("--hard-links goes with --output, whose files they are") }
    if let depfile, depfile.path == stamp?.path {
      throw ValidationError("--depfile and --stamp are two files: \(depfile.path.printable) cannot be both")
    }
    try stamp?.requireNoModule("--stamp")
    try depfile?.requireNoModule("--depfile")
  }
}

extension PathArgument {
  /// Refuses a module as a file to write: a slip in a Makefile's variables must not cost the module itself.
  func requireNoModule(_ option: String) throws(ValidationError) {
    if path.extension == "wasm" {
      throw ValidationError("\(option) is a file to write, and \(path.printable) is named like a module")
    }
  }
}
