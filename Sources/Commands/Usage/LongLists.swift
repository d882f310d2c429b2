internal import ArgumentParser
internal import SystemPackage

/// A command line without the long lists in it, and these lists.
///
/// The argument parser compares each word with all others: 16,000 words took it 12 seconds. So the words that can only
/// be part of a list are taken out before it parses, one stands for them, and they are put back afterwards.
///
/// An option takes at most one word. So in a row of words without a hyphen, all but the first are positional.
struct LongLists {
  /// What the parser parses.
  private(set) var arguments: [String] = []
  private var taken: [[String]] = []

  private static let mark = "\u{1}\(Program.name)-list-"
  /// Rows that are not longer stay: messages of the parser show short ones as they were typed.
  static let shortest = 16

  /// - Parameters:
  ///   - names: how many of the words name the command.
  ///   - endsAtWord: whether everything after the first positional word belongs to one list, options too.
  init(_ all: [String], names: Int = 0, endsAtWord: Bool = false, shortest: Int = Self.shortest) {
    guard all.count > shortest, !all.contains(where: { $0.hasPrefix(Self.mark) }) else {
      arguments = all
      return
    }
    arguments = Array(all.prefix(names))
    var rest = all.dropFirst(names)
    var mayBeValue = false
    var hasEndedOptions = false
    while let word = rest.popFirst() {
      arguments.append(word)
      if word == "--" { hasEndedOptions = true }
      let isPositional = Self.isWord(word) && !mayBeValue
      mayBeValue = word.hasPrefix("-") && !word.contains("=") && !hasEndedOptions
      if endsAtWord {
        guard isPositional else { continue }
        take(Array(rest), unlessShorterThan: shortest)
        return
      }
      guard Self.isWord(word) else { continue }
      let row = rest.prefix { Self.isWord($0) || hasEndedOptions && $0 != "-" && $0 != "--" && !$0.isEmpty }
      rest = rest.dropFirst(row.count)
      take(Array(row), unlessShorterThan: shortest)
    }
  }

  private mutating func take(_ row: [String], unlessShorterThan shortest: Int) {
    guard row.count > shortest else {
      arguments += row
      return
    }
    arguments.append(Self.mark + "\(taken.count)")
    taken.append(row)
  }

  /// Whether it can be no option. An empty word is refused by the parser, and `-` may be there once only.
  private static func isWord(_ word: String) -> Bool { !word.isEmpty && !word.hasPrefix("-") }

  /// A list as it was typed.
  func restored(_ words: [String]) -> [String] {
    if taken.isEmpty { return words }
    return words.flatMap { word in row(for: word) ?? [word] }
  }

  func restored(_ paths: [PathArgument]) -> [PathArgument] {
    if taken.isEmpty { return paths }
    return paths.flatMap { path in row(for: path.path.string)?.compactMap(PathArgument.init) ?? [path] }
  }

  private func row(for word: String) -> [String]? {
    guard word.hasPrefix(Self.mark), let number = Int(word.dropFirst(Self.mark.count)), taken.indices.contains(number)
    else { return nil }
    return taken[number]
  }
}

/// A command that takes a list of words, which may be long.
protocol ListTakingCommand: ParsableCommand {
  /// Whether everything after the first positional word is of the list.
  static var listIsEverything: Bool { get }

  /// Puts back what was taken from the command line before it was parsed.
  mutating func restore(_ lists: LongLists)
}

extension ListTakingCommand {
  static var listIsEverything: Bool { false }
}
