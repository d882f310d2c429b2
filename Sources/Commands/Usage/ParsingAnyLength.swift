internal import ArgumentParser

extension ParsableCommand {
  /// Parses a command line of this program in time that grows with its length only.
  static func parseAnyLength(_ arguments: [String]) throws -> any ParsableCommand {
    guard arguments.count > LongLists.shortest else { return try parseAsRoot(arguments) }
    let spelled = CommandSpelled(arguments)
    guard let type = spelled.type as? any ListTakingCommand.Type else { return try parseAsRoot(arguments) }
    let lists = LongLists(arguments, names: spelled.names.count, endsAtWord: type.listIsEverything)
    let command = try parseAsRoot(lists.arguments)
    guard var taking = command as? any ListTakingCommand else { return command }
    taking.restore(lists)
    return taking
  }
}
