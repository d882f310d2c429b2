internal import ArgumentParser

/// A command whose whole command line is one group of options, so that ``QuickArguments`` can make it.
protocol QuickCommand: ConfiguredCommand, ListTakingCommand {
  associatedtype Invocation: CommandOptions

  /// The argument that takes the words which belong to no option: paths.
  static var words: String { get }

  var parsed: ParsedOptions<Invocation> { get set }
}

extension QuickCommand {
  mutating func fill(from settings: GivenSettings) { parsed.fill(from: settings) }

  mutating func restore(_ lists: LongLists) {
    var given = parsed.given
    given[Self.words] = lists.restored(given[Self.words] as? [PathArgument] ?? [])
    parsed = ParsedOptions(given: given)
  }
}

/// Understands the command lines that build tools repeat, without the argument parser.
///
/// The parser finds out by reflection what options there are, three times for each command line. That took most of the time of
/// a run with nothing to do: five milliseconds of eight. So options that are spelled in the usual way are taken here. All else is
/// the parser's: other spellings, help, and mistakes. Arguments that are taken here mean exactly what the parser makes of them,
/// which the tests compare.
enum QuickArguments {
  /// - Returns: nil if the parser has to parse them.
  static func parse<Command: QuickCommand>(_ arguments: [String], for _: Command.Type) -> Command? {
    let words = CommandWords(arguments)
    _ = OptionContext.$current.withValue(.words(words)) { Command.Invocation() }
    guard let rest = words.rest else { return nil }
    let paths = rest.compactMap(PathArgument.init)
    guard paths.count == rest.count else { return nil }
    var command = Command()
    command.parsed = ParsedOptions(given: words.given.merging([Command.words: paths]) { $1 })
    // The parser says better what is wrong with it.
    return (try? command.parsed.validate()) != nil ? command : nil
  }
}
