/// Reads TOML 1.0: all of it, as the language's own test suite has it.
///
/// Why not a library. The ones for Swift need all of Foundation, which costs every start 1.5 ms and doubles the program
/// (measured with TOMLKit 0.6.0, statically linked), and do not tell lines. toml++ 3.3 does, and is as fast.
/// It has 18,000 lines of C++, which would read files of strangers in our process; this has 640.
struct TOMLReader {
  struct Malformed: Error, Hashable {
    let line: Int
    let reason: String
  }

  private let text: [UInt8]
  var position = 0
  /// The position up to which lines have been counted, and their number.
  private var counted = (position: 0, lines: 0)
  /// How many parts a key may have, and how deep values may lie in each other: each level is one of our calls.
  static let deepest = 16

  /// Reads a document.
  static func table(in text: [UInt8]) throws(Malformed) -> TOMLTable {
    var reader = TOMLReader(text: text)
    if String(validating: text, as: UTF8.self) == nil { throw reader.malformed("it is not UTF-8") }
    // Editors of other systems begin a file with a byte order mark.
    _ = reader.take("\u{feff}")
    var document = TOMLDocument()
    while try reader.skipToNextLine() {
      try reader.readStatement(into: &document)
      try reader.expectEndOfLine()
    }
    return document.table
  }

  private init(text: [UInt8]) { self.text = text }

  // MARK: Statements and keys

  private mutating func readStatement(into document: inout TOMLDocument) throws(Malformed) {
    let line = line()
    let conflict: TOMLConflict?
    if take("[[") {
      conflict = document.beginListed(try header(endingIn: "]]"), line: line)
    } else if take("[") {
      conflict = document.begin(try header(endingIn: "]"), line: line)
    } else {
      let (key, value) = try pair(depth: 0)
      conflict = document.set(key, to: value, line: line)
    }
    if let conflict { throw Malformed(line: line, reason: conflict.description) }
  }

  private mutating func header(endingIn end: String) throws(Malformed) -> [String] {
    skipBlanks()
    let key = try key()
    guard take(end) else { throw malformed("a table's name must be followed by \(end)") }
    return key
  }

  /// `key = value`, on a line or in braces.
  mutating func pair(depth: Int) throws(Malformed) -> (key: [String], value: TOMLValue) {
    let key = try key()
    guard take("=") else { throw malformed("a key must be followed by =") }
    skipBlanks()
    return (key, try value(depth: depth))
  }

  /// A key's parts; goes past the blanks behind them.
  private mutating func key() throws(Malformed) -> [String] {
    var parts: [String] = []
    repeat {
      skipBlanks()
      parts.append(try keyPart())
      guard parts.count <= Self.deepest else { throw malformed("a key has more than \(Self.deepest) parts") }
      skipBlanks()
    } while take(".")
    return parts
  }

  private mutating func keyPart() throws(Malformed) -> String {
    switch next {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return try string(mayHaveLines: false)
    default:
      let part = word { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
      if part.isEmpty { throw malformed("a line must be KEY = VALUE or [TABLE]") }
      return part
    }
  }

  // MARK: Bytes

  var next: UInt8? { position < text.count ? text[position] : nil }

  func isDigit(at position: Int) -> Bool { position < text.count && text[position].isDigit }

  func starts(with bytes: String) -> Bool { text[position...].starts(with: bytes.utf8) }

  /// Goes past these bytes if they are next.
  mutating func take(_ bytes: String) -> Bool {
    guard starts(with: bytes) else { return false }
    position += bytes.utf8.count
    return true
  }

  mutating func word(_ belongs: (UInt8) -> Bool) -> String {
    let word = text[position...].prefix(while: belongs)
    position += word.count
    return String(decoding: word, as: UTF8.self)
  }

  mutating func skipBlanks() { _ = word { $0 == UInt8(ascii: " ") || $0 == UInt8(ascii: "\t") } }

  /// Goes past blanks, comments and ends of lines; false at the end of the text.
  mutating func skipToNextLine() throws(Malformed) -> Bool {
    while true {
      skipBlanks()
      try skipComment()
      if !takeLineEnd() { return next != nil }
    }
  }

  private mutating func expectEndOfLine() throws(Malformed) {
    skipBlanks()
    try skipComment()
    if next != nil && !takeLineEnd() { throw malformed("something follows the value") }
  }

  private mutating func skipComment() throws(Malformed) {
    guard take("#") else { return }
    _ = word { !$0.isControl }
    if next != nil && !starts(with: "\n") && !starts(with: "\r\n") {
      throw malformed("a comment has a control character")
    }
  }

  mutating func takeLineEnd() -> Bool { take("\n") || take("\r\n") }

  mutating func malformed(_ reason: String) -> Malformed { Malformed(line: line(), reason: reason) }

  /// The line of the position. Positions must be asked for in the text's order: each byte is counted once.
  mutating func line() -> Int {
    counted.lines += text[counted.position..<position].count { $0 == UInt8(ascii: "\n") }
    counted.position = position
    return 1 + counted.lines
  }
}

extension UInt8 {
  /// Whether TOML forbids it as it is; a tab is allowed.
  var isControl: Bool { (self < 0x20 && self != UInt8(ascii: "\t")) || self == 0x7f }
}
