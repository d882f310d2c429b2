/// Reads the part of TOML 1.0 that settings need: `key = value` lines with comments, strings of all four kinds, numbers,
/// booleans and arrays.
///
/// No setting is a table or a date, so whoever meets one is going to refuse it: it is told as such, and reading ends there.
///
/// Why not a library: the ones for Swift need all of Foundation, which costs every start 1.5 ms and doubles the program
/// (measured with TOMLKit 0.6.0, statically linked), and do not tell lines.
struct TOMLReader {
  struct Entry {
    let key: String
    let value: TOMLValue
    /// From 1.
    let line: Int
  }

  struct Malformed: Error, Hashable {
    let line: Int
    let reason: String
  }

  private let text: [UInt8]
  var position = 0
  /// Up to where lines have been counted, and how many.
  private var counted = (position: 0, lines: 0)
  /// How deep lists may be nested: no setting is a list of lists, and each level is one of our calls.
  private static let deepest = 16

  /// Everything that a document sets at its top level, in order.
  static func entries(in text: [UInt8]) throws(Malformed) -> [Entry] {
    var reader = TOMLReader(text: text)
    if String(validating: text, as: UTF8.self) == nil { throw reader.malformed("it is not UTF-8") }
    var entries: [Entry] = []
    var keys: Set<String> = []
    while try reader.skipToNextLine() {
      let entry = try reader.entry()
      if !keys.insert(entry.key).inserted {
        throw Malformed(line: entry.line, reason: "\(entry.key) is set a second time")
      }
      entries.append(entry)
      if entry.value.endsReading { break }
      try reader.expectEndOfLine()
    }
    return entries
  }

  private init(text: [UInt8]) { self.text = text }

  // MARK: Lines and keys

  private mutating func entry() throws(Malformed) -> Entry {
    let line = line()
    if take("[") {
      _ = take("[")
      skipBlanks()
      return Entry(key: try key(), value: .table, line: line)
    }
    let key = try key()
    skipBlanks()
    if next == UInt8(ascii: ".") { return Entry(key: key, value: .table, line: line) }
    guard take("=") else { throw malformed("a key must be followed by =") }
    skipBlanks()
    return Entry(key: key, value: try value(), line: line)
  }

  private mutating func key() throws(Malformed) -> String {
    switch next {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return try string(mayHaveLines: false)
    default:
      let key = word { $0.isLetter || $0.isDigit || $0 == UInt8(ascii: "_") || $0 == UInt8(ascii: "-") }
      if key.isEmpty { throw malformed("a line must be KEY = VALUE") }
      return key
    }
  }

  // MARK: Values

  private mutating func value(depth: Int = 0) throws(Malformed) -> TOMLValue {
    switch next {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string(mayHaveLines: true))
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "{"): return .table
    default:
      let start = position
      let word = word { $0.isLetter || $0.isDigit || "+-._:".utf8.contains($0) }
      if word == "true" || word == "false" { return .boolean(word == "true") }
      if let number = TOMLValue(number: word) { return number }
      position = start
      throw malformed(word.isEmpty ? "a value is missing" : "\(word) is no value; text needs quotes")
    }
  }

  private mutating func array(depth: Int) throws(Malformed) -> TOMLValue {
    guard depth <= Self.deepest else { throw malformed("lists are nested deeper than \(Self.deepest)") }
    _ = take("[")
    var elements: [TOMLValue] = []
    while true {
      _ = try skipToNextLine()
      if take("]") { return .array(elements) }
      elements.append(try value(depth: depth))
      if elements.last?.endsReading == true { return .array(elements) }
      _ = try skipToNextLine()
      if !take(",") && next != UInt8(ascii: "]") { throw malformed("a list needs , or ] here") }
    }
  }

  // MARK: Bytes

  var next: UInt8? { position < text.count ? text[position] : nil }

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
  private mutating func skipToNextLine() throws(Malformed) -> Bool {
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

  /// The line of the position, at which it is asked for in the text's order: each byte is counted once.
  private mutating func line() -> Int {
    counted.lines += text[counted.position..<position].count { $0 == UInt8(ascii: "\n") }
    counted.position = position
    return 1 + counted.lines
  }
}

extension UInt8 {
  fileprivate var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
  /// Whether TOML forbids it as it is; a tab is allowed.
  var isControl: Bool { (self < 0x20 && self != UInt8(ascii: "\t")) || self == 0x7f }
}
