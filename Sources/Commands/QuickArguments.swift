/// Understands the command lines that build tools repeat, without the argument parser.
///
/// The parser finds out by reflection what options there are, three times for each command line. That took most of the time of
/// a run with nothing to do: five milliseconds of eight. So options that are spelled in the usual way are taken here. All else is
/// the parser's: other spellings, help, and mistakes. Arguments that are taken here mean exactly what the parser makes of them,
/// which the tests compare.
enum QuickArguments {
  /// - Returns: nil if the parser has to parse them.
  static func parse(_ arguments: [String]) -> ParsedOptions<PrecompileInvocation>? {
    let words = CommandWords(arguments)
    _ = OptionContext.$current.withValue(.words(words)) { PrecompileInvocation() }
    guard let rest = words.rest else { return nil }
    let paths = rest.compactMap(PathArgument.init)
    guard paths.count == rest.count else { return nil }
    var given = words.given
    given["path"] = paths
    let options = ParsedOptions<PrecompileInvocation>(given: given)
    // The parser says better what is wrong with it.
    return (try? options.validate()) != nil ? options : nil
  }
}
