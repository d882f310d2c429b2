import SystemPackage
import TestSupport
import Testing

@testable import Commands

struct TOMLReaderTests {
  private func values(_ text: String) throws -> [TOMLValue] {
    try TOMLReader.entries(in: Array(text.utf8)).map(\.value)
  }

  private func refusal(_ text: String) -> TOMLReader.Malformed? {
    do {
      _ = try TOMLReader.entries(in: Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  // MARK: What is understood

  @Test func linesHaveAKeyAndAValue() throws {
    let text = "# top\n\n a-b_1 = 1 # one\r\n\"quoted \\u00e9\" = 2\n'it''s' = 3"
    #expect(refusal(text) != nil, "two strings are no key")
    let entries = try TOMLReader.entries(in: Array(text.dropLast("'it''s' = 3".count).utf8) + Array("'x.y'=3".utf8))
    #expect(entries.map(\.key) == ["a-b_1", "quoted é", "x.y"])
    #expect(entries.map(\.line) == [3, 4, 5])
    #expect(entries.map(\.value) == [.integer(1), .integer(2), .integer(3)])
    #expect(try TOMLReader.entries(in: []).isEmpty)
  }

  @Test(arguments: [
    (#""a\tb\"\\é\u00e9\U0001F600""#, "a\tb\"\\éé😀"), (#"'a\tb"'"#, #"a\tb""#), ("\"\"", ""), ("''", ""),
    ("\"\"\"\na\nb\\\n   c\\t\"\"\"", "a\nbc\t"), ("'''a\\\r\nb'''", "a\\\nb"), (#""""a"""""#, "a\""),
    ("'''''a'''''", "''a''"), ("\"\"\"\"\"\"", ""), (#""\b\f\n\r""#, "\u{8}\u{c}\n\r"),
  ]) func stringsComeInFourKinds(text: String, value: String) throws {
    #expect(try values("x = \(text)\ny = 1") == [.string(value), .integer(1)])
  }

  @Test(arguments: [
    ("0", 0), ("-17", -17), ("+1_000", 1000), ("0xDead_beef", 0xdead_beef), ("0o17", 15), ("0b1_01", 5), ("-0", 0),
    ("9223372036854775807", Int.max),
  ]) func integersAreWrittenInManyWays(text: String, value: Int) throws {
    #expect(try values("x = \(text)") == [.integer(value)])
  }

  @Test(arguments: [
    ("0.5", 0.5), ("-1_0.2_5", -10.25), ("5e+22", 5e22), ("1E-2", 0.01), ("6.5e2", 650), ("inf", .infinity),
    ("-inf", -.infinity), ("0e0", 0),
  ]) func soAreFloats(text: String, value: Double) throws {
    #expect(try values("x = \(text)") == [.float(value)])
  }

  @Test func listsMayGoOverLines() throws {
    let text = "x = [ # some\n 'a', [ ], # none\n true,\n]\ny = [1,2]"
    let expected: [TOMLValue] = [
      .array([.string("a"), .array([]), .boolean(true)]), .array([.integer(1), .integer(2)]),
    ]
    #expect(try values(text) == expected)
  }

  @Test(arguments: [
    ("x = { a = 1 }", TOMLValue.table), ("[x]\na = 1", .table), ("[[ x ]]", .table), ("x.y = 1", .table),
    ("x = 1979-05-27", .date), ("x = 07:32:00", .date), ("x = 1979-05-27 07:32:00Z", .date),
    ("x = [1, {}]", .array([.integer(1), .table])),
  ]) func whatNoSettingCanBeIsToldAsThat(text: String, value: TOMLValue) throws {
    let entries = try TOMLReader.entries(in: Array(text.utf8))
    #expect(entries.map(\.key) == ["x"])
    #expect(entries.map(\.value) == [value])
  }

  // MARK: What is refused

  @Test(arguments: [
    ("x", 1, "a key must be followed by ="), ("\n= 1", 2, "a line must be KEY = VALUE"),
    ("x = 1\nx = 2", 2, "x is set a second time"), ("x =", 1, "a value is missing"),
    ("x =\n1", 1, "a value is missing"),
    ("x = winch", 1, "winch is no value; text needs quotes"), ("x = 1 2", 1, "something follows the value"),
    ("x = \"a\nb\"", 1, "a string does not end on its line"), ("x = '''a", 1, "a string does not end"),
    ("x = \"\\d\"", 1, "a backslash in \"…\" must begin an escape; '…' takes it as it is"),
    ("x = \"\\uD800\"", 1, "\\uD800 is no character"), ("x = [1 2]", 1, "a list needs , or ] here"),
    ("x = [\n1,", 2, "a value is missing"), ("x = 1 # \u{1}", 1, "a comment has a control character"),
    ("x = 1\u{0}", 1, "something follows the value"), ("x = 1\ry = 2", 1, "something follows the value"),
  ]) func whatIsNotTOMLIsRefused(text: String, line: Int, reason: String) {
    #expect(refusal(text) == TOMLReader.Malformed(line: line, reason: reason))
  }

  /// Each level would be a call of ours, and a file of brackets more of them than a stack has room for.
  @Test func listsAreNotNestedWithoutEnd() throws {
    let sixteen = String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
    #expect(try values("x = \(sixteen)").count == 1)
    for depth in [17, 900_000] {
      let text = "\nx = " + String(repeating: "[", count: depth)
      #expect(refusal(text) == TOMLReader.Malformed(line: 2, reason: "lists are nested deeper than 16"))
    }
  }

  /// As many as a file may have: with a look at all earlier keys and lines for each, it took minutes.
  @Test func eachKeyCostsItsOwnLineOnly() throws {
    let text = (0..<100_000).map { "k\($0)=1\n" }.joined()
    let entries = try TOMLReader.entries(in: Array(text.utf8))
    #expect(entries.count == 100_000)
    #expect(entries.last?.line == 100_000)
  }

  @Test(arguments: [
    "01", "+-1", "1_", "_1", "1__0", "0x", "0xg", "0b2", "-0x1", "1.", ".5", "1.e5", "1e", "1e5.0",
    "9223372036854775808",
    "True", "nope", "++1", "1_.0", "inf_",
  ]) func numbersHaveRules(text: String) {
    #expect(refusal("x = \(text)")?.reason == "\(text) is no value; text needs quotes")
  }

  /// Python's own reader is the judge of thousands of small documents: what we read, it reads as the same, and what it
  /// reads, we read.
  @Test func meansTheSameAsToPython() throws {
    let directory = try TemporaryDirectory()
    var random = SeededGenerator(seed: 5)
    let pieces = [
      "a", "b-1", "\"k\"", "=", "=", " = ", " ", "\n", "\n", "\r\n", "\t", "#", "# c", ",", "[", "]", "'", "\"", "'''",
      "\"\"\"", "\\", "\\n", "\\u0041", "\\U0001F600", "é", "1", "0", "-", "+", "_", ".5", "e3", "0x1F", "0o7", "0b1",
      "inf",
      "nan", "true", "false", "'s'", "\"t\"", "x = 1\n", "y = ['a', \"b\"]\n", "\u{7f}", "\\\n",
    ]
    var documents: [String] = []
    for _ in 0..<20_000 {
      let count = Int.random(in: 1...12, using: &random)
      documents.append((0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined())
    }
    let separator = "\u{1e}"
    let input = try directory.write(documents.joined(separator: separator), to: "documents")
    let script = """
      import sys, tomllib, math
      def show(v):
          if isinstance(v, bool): return "b:%d" % v
          if isinstance(v, int): return "i:%d" % v if -2**63 <= v < 2**63 else "?"
          if isinstance(v, float): return "f:nan" if math.isnan(v) else "f:" + v.hex()
          if isinstance(v, str): return "s:" + v.encode().hex()
          if isinstance(v, list): return "[" + ",".join(show(e) for e in v) + "]"
          return "?"
      for text in open(sys.argv[1], newline="", encoding="utf-8").read().split(chr(30)):
          try: print(";".join(k.encode().hex() + "=" + show(v) for k, v in tomllib.loads(text).items()))
          except tomllib.TOMLDecodeError: print("!")
      """
    let answers = try Tool.shell("python3 -c \"$1\" \"$2\"", [script, input.string])
    let lines = answers.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    try #require(lines.count == documents.count)
    var read = 0
    for (document, python) in zip(documents, lines) where !python.contains("?") {
      let ours: String
      do {
        let entries = try TOMLReader.entries(in: Array(document.utf8))
        // Tables and dates are not read to their end.
        if entries.contains(where: \.value.endsReading) { continue }
        ours = entries.map { "\(hex($0.key))=\(shown($0.value))" }.joined(separator: ";")
        read += 1
      } catch {
        ours = "!"
      }
      #expect(ours == python, "\(document.debugDescription)")
    }
    #expect(read > 500, "enough of the documents are TOML to compare anything")
  }

  private func hex(_ text: String) -> String {
    text.utf8.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  private func shown(_ value: TOMLValue) -> String {
    switch value {
    case .boolean(let value): "b:\(value ? 1 : 0)"
    case .integer(let value): "i:\(value)"
    case .float(let value): value.isNaN ? "f:nan" : "f:\(value.pythonHex)"
    case .string(let text): "s:\(hex(text))"
    case .array(let elements): "[\(elements.map(shown).joined(separator: ","))]"
    case .date, .table: "?"
    }
  }
}

extension Double {
  /// As Python's `float.hex()` has it.
  fileprivate var pythonHex: String {
    if isInfinite { return self < 0 ? "-inf" : "inf" }
    let sign = self.sign == .minus ? "-" : ""
    if self == 0 { return "\(sign)0x0.0p+0" }
    let digits = String(significandBitPattern, radix: 16)
    let exponent = Int(self.exponent)
    return
      "\(sign)0x1.\(String(repeating: "0", count: 13 - digits.count))\(digits)p\(exponent < 0 ? "" : "+")\(exponent)"
  }
}
