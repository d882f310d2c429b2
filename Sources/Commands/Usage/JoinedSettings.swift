/// A command line in which `-Wfuel=1` is `-W fuel=1`.
///
/// wasmtime takes both. The argument parser takes a value that is joined to its option, but not if there is an equals sign in
/// it: it then looks for an option `-Wfuel`.
enum JoinedSettings {
  static func separated(_ arguments: [String]) -> [String] {
    guard arguments.contains(where: isJoined) else { return arguments }
    // What follows a program's name is the program's. An option's value may look like one: then nothing after it is taken apart.
    let isRun = arguments.first == "run"
    let end = arguments.dropFirst(isRun ? 1 : 0).firstIndex { $0 == "--" || isRun && !$0.hasPrefix("-") }
    let ours = arguments[..<(end ?? arguments.endIndex)]
    return ours.flatMap { isJoined($0) ? [String($0.prefix(2)), String($0.dropFirst(2))] : [$0] }
      + arguments[ours.endIndex...]
  }

  private static func isJoined(_ word: String) -> Bool {
    // By bytes, because every word of every command line is looked at.
    guard word.utf8.first == UInt8(ascii: "-"), let letter = word.utf8.dropFirst().first, "OCDW".utf8.contains(letter)
    else { return false }
    let setting = word.dropFirst(2)
    return setting.first.map { $0.isLetter } ?? false && setting.contains("=")
  }
}
