internal import Synchronization

extension JSONLines {
  /// Tells programs of a failure, too, if the command line asks for objects and none tells of it yet.
  static func tell(_ failure: RunFailure, unlessToldBy arguments: [String]) {
    guard !hasFailed.load(ordering: .relaxed), areWanted(by: arguments) else { return }
    // There may be a first object of the same command.
    let lines = JSONLines(CommandSpelled(arguments).name, isFirst: !isBegun.load(ordering: .relaxed))
    lines.fail(failure)
  }

  /// Whether a command line, which may make no sense, asks for objects.
  static func areWanted(by arguments: [String]) -> Bool {
    // What follows a program's name is the program's, as is standard output.
    if arguments.first == "run" { return false }
    let options = arguments.prefix { $0 != "--" }
    return options.contains("--format=json")
      || zip(options, options.dropFirst()).contains { $0 == "--format" && $1 == "json" }
  }
}
