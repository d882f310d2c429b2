extension TOMLReader {
  /// A string of any of the four kinds: `"basic"`, `'literal'`, and both over several lines.
  mutating func string(mayHaveLines: Bool) throws(Malformed) -> String {
    for quotes in ["\"\"\"", "'''"] where mayHaveLines && take(quotes) { return try lines(until: quotes) }
    let quote = starts(with: "\"") ? "\"" : "'"
    _ = take(quote)
    var bytes: [UInt8] = []
    while let byte = next, !byte.isControl {
      if take(quote) { return String(decoding: bytes, as: UTF8.self) }
      position += 1
      if byte == UInt8(ascii: "\\") && quote == "\"" { bytes += try escaped() } else { bytes.append(byte) }
    }
    throw malformed("a string does not end on its line")
  }

  private mutating func lines(until quotes: String) throws(Malformed) -> String {
    let isBasic = quotes.hasPrefix("\"")
    _ = takeLineEnd()
    var bytes: [UInt8] = []
    while let byte = next {
      if starts(with: quotes) {
        // Up to two more quotes right before the end belong to the text.
        var extra = 0
        while extra < 2, starts(with: quotes + String(quotes.prefix(1))) {
          _ = take(String(quotes.prefix(1)))
          bytes.append(byte)
          extra += 1
        }
        _ = take(quotes)
        return String(decoding: bytes, as: UTF8.self)
      }
      if takeLineEnd() {
        bytes.append(UInt8(ascii: "\n"))
        continue
      }
      if byte.isControl { break }
      position += 1
      guard isBasic && byte == UInt8(ascii: "\\") else {
        bytes.append(byte)
        continue
      }
      if !skipEscapedLineEnd() { bytes += try escaped() }
    }
    throw malformed("a string does not end")
  }

  /// After a backslash that ends its line: goes to where text begins again.
  private mutating func skipEscapedLineEnd() -> Bool {
    let start = position
    skipBlanks()
    guard takeLineEnd() else {
      position = start
      return false
    }
    repeat { skipBlanks() } while takeLineEnd()
    return true
  }

  /// Reads the rest of an escape, after its backslash; gives the character that it stands for, in UTF-8.
  private mutating func escaped() throws(Malformed) -> [UInt8] {
    let letter = next
    position += letter == nil ? 0 : 1
    switch letter {
    case UInt8(ascii: "b"): return [0x08]
    case UInt8(ascii: "t"): return [0x09]
    case UInt8(ascii: "n"): return [0x0a]
    case UInt8(ascii: "f"): return [0x0c]
    case UInt8(ascii: "r"): return [0x0d]
    case UInt8(ascii: "\""), UInt8(ascii: "\\"): return letter.map { [$0] } ?? []
    case UInt8(ascii: "u"): return try scalar(digits: 4)
    case UInt8(ascii: "U"): return try scalar(digits: 8)
    default: throw malformed("a backslash in \"…\" must begin an escape; '…' takes it as it is")
    }
  }

  private mutating func scalar(digits: Int) throws(Malformed) -> [UInt8] {
    var left = digits
    let text = word { byte in
      left -= 1
      return left >= 0 && byte.isHexDigit
    }
    guard text.count == digits, let value = UInt32(text, radix: 16), let scalar = Unicode.Scalar(value) else {
      throw malformed("\\\(digits == 4 ? "u" : "U")\(text) is no character")
    }
    return Array(String(scalar).utf8)
  }
}
