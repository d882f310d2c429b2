/// What a compiler said about a module that it did not compile.
package struct CompilerWords: Hashable, Sendable {
  /// All of it, or the beginning and the end of what is too long to be kept.
  package let whole: String
  private let lines: [Substring]

  /// - Returns: nil if there is nothing in it to be read.
  package init?(_ text: String) {
    whole = text
    lines = text.split(whereSeparator: \.isNewline).filter { !$0.allSatisfy(\.isWhitespace) }
    if lines.isEmpty { return nil }
  }

  private static let longestLine = 500

  /// The first line and the last: the one says what, the other often how it ended. C compilers lead up to an error in lines of its own.
  package var brief: String {
    let first = lines.first { $0.contains("error: ") } ?? lines[0]
    let ends = lines.count < 3 ? lines[...] : [first, lines[lines.count - 1]]
    return ends.map { String($0.prefix(Self.longestLine)).trimmed }.joined(separator: lines.count < 3 ? "; " : " … ")
  }
}

extension String {
  fileprivate var trimmed: String {
    var text = self[...]
    while text.first?.isWhitespace == true { text.removeFirst() }
    while text.last?.isWhitespace == true { text.removeLast() }
    return String(text)
  }
}
