internal import ArgumentParser
internal import WasmEngine

/// Understands the command lines that build tools repeat, without the argument parser.
///
/// The parser finds out by reflection what options there are, each time anew. That took most of the time of a run with
/// nothing to do: five milliseconds of eight. So paths and the few options that stand beside them in a Makefile are
/// taken here. All else is the parser's: other options and spellings, help, and mistakes. Arguments that are taken here
/// mean exactly what the parser makes of them, which the tests compare.
enum QuickArguments {
  /// - Returns: nil if the parser has to parse them.
  static func parse(_ arguments: [String]) -> ParsedOptions<PrecompileInvocation>? {
    var paths: [PathArgument] = []
    var backends: [Backend] = []
    var cacheDir: PathArgument?
    var isQuiet = false
    var rest = arguments[...]
    while let word = rest.popFirst() {
      switch word {
      case "--backend":
        guard let backend = rest.popFirst().flatMap({ Backend(argument: $0) }) else { return nil }
        backends.append(backend)
      case "--cache-dir":
        guard let value = rest.popFirst(), !value.hasPrefix("-"), let path = PathArgument(argument: value) else {
          return nil
        }
        cacheDir = path
      case "-q", "--quiet":
        isQuiet = true
      default:
        guard !word.hasPrefix("-"), let path = PathArgument(argument: word) else { return nil }
        paths.append(path)
      }
    }
    var given: GivenOptions = ["path": paths]
    if !backends.isEmpty { given["backend"] = backends }
    if let cacheDir { given["cache-dir"] = cacheDir }
    if isQuiet { given["quiet"] = true }
    let options = ParsedOptions<PrecompileInvocation>(given: given)
    // The parser says better what is wrong with it.
    return (try? options.validate()) != nil ? options : nil
  }
}
