extension TOMLReader {
  /// - Parameter depth: how many lists and tables in braces the value lies in.
  mutating func value(depth: Int) throws(Malformed) -> TOMLValue {
    switch next {
    case UInt8(ascii: "\""), UInt8(ascii: "'"): return .string(try string(mayHaveLines: true))
    case UInt8(ascii: "["): return .array(try list(depth: depth + 1))
    case UInt8(ascii: "{"): return .table(try tableInBraces(depth: depth + 1))
    default: return try plainValue()
    }
  }

  /// A number, a date, `true` or `false`.
  private mutating func plainValue() throws(Malformed) -> TOMLValue {
    let start = position
    var word = plainWord()
    switch word {
    case "true": return .boolean(true)
    case "false": return .boolean(false)
    default: break
    }
    // A blank may stand between a date and a time.
    if TOMLDate.isDate(word), next == UInt8(ascii: " "), isDigit(at: position + 1) {
      position += 1
      word += " " + plainWord()
    }
    if let value = TOMLValue(plain: word) { return value }
    position = start
    throw malformed(word.isEmpty ? "a value is missing" : "\(word) is no value; text needs quotes")
  }

  private mutating func plainWord() -> String {
    word { $0.isLetter || $0.isDigit || "+-._:".utf8.contains($0) }
  }

  private mutating func list(depth: Int) throws(Malformed) -> [TOMLValue] {
    try checkDepth(depth)
    _ = take("[")
    var elements: [TOMLValue] = []
    while true {
      _ = try skipToNextLine()
      if take("]") { return elements }
      elements.append(try value(depth: depth))
      _ = try skipToNextLine()
      if !take(",") && next != UInt8(ascii: "]") { throw malformed("a list needs , or ] here") }
    }
  }

  /// `{ a = 1, b.c = 2 }`, all on one line but for what its values have.
  private mutating func tableInBraces(depth: Int) throws(Malformed) -> TOMLTable {
    try checkDepth(depth)
    _ = take("{")
    skipBlanks()
    var document = TOMLDocument()
    if take("}") { return document.table }
    while true {
      skipBlanks()
      let line = line()
      let (key, value) = try pair(depth: depth)
      if let conflict = document.set(key, to: value, line: line) {
        throw Malformed(line: line, reason: conflict.description)
      }
      skipBlanks()
      if take("}") { return document.table }
      guard take(",") else { throw malformed("a table in braces needs , or } here") }
    }
  }

  private mutating func checkDepth(_ depth: Int) throws(Malformed) {
    if depth > Self.deepest { throw malformed("values are nested deeper than \(Self.deepest)") }
  }
}
