import SystemPackage
import TestSupport
import Testing

@testable import Commands

struct TOMLReaderTests {
  private func table(_ text: String) throws -> TOMLTable { try TOMLReader.table(in: Array(text.utf8)) }

  private func values(_ text: String) throws -> [TOMLValue] { try table(text).entries.map(\.value) }

  private func refusal(_ text: String) -> TOMLReader.Malformed? {
    do {
      _ = try TOMLReader.table(in: Array(text.utf8))
      return nil
    } catch {
      return error
    }
  }

  // MARK: What is understood

  @Test func linesHaveAKeyAndAValue() throws {
    #expect(refusal("'it''s' = 3") != nil, "two strings are no key")
    let entries = try table("# top\n\n a-b_1 = 1 # one\r\n\"quoted \\u00e9\" = 2\n'x.y'=3").entries
    #expect(entries.map(\.key) == ["a-b_1", "quoted é", "x.y"])
    #expect(entries.map(\.line) == [3, 4, 5])
    #expect(entries.map(\.value) == [.integer(1), .integer(2), .integer(3)])
    #expect(try table("").entries.isEmpty)
  }

  /// Editors of other systems write one.
  @Test func aByteOrderMarkIsPassedOver() throws {
    #expect(try table("\u{feff}x = 1").entries == [TOMLTable.Entry(key: "x", value: .integer(1), line: 1)])
    #expect(try table("\u{feff}").entries.isEmpty)
    #expect(refusal("x = 1\n\u{feff}y = 2")?.line == 2, "at the start only")
    #expect(refusal("\u{feff}\u{feff}y = 2") != nil)
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

  @Test(arguments: [
    ("1979-05-27", "1979-05-27", true, false, false), ("07:32:00.999", "07:32:00.999", false, true, false),
    ("1979-05-27 07:32:00z", "1979-05-27T07:32:00Z", true, true, true),
    ("2000-02-29t23:59:59.5-07:30", "2000-02-29T23:59:59.5-07:30", true, true, true),
    ("1979-05-27T07:32:00", "1979-05-27T07:32:00", true, true, false),
  ]) func datesAndTimes(text: String, value: String, hasDate: Bool, hasTime: Bool, hasOffset: Bool) throws {
    guard case .date(let date)? = try values("x = \(text) # when").first else {
      Issue.record("no date")
      return
    }
    #expect(date.text == value)
    #expect([date.hasDate, date.hasTime, date.hasOffset] == [hasDate, hasTime, hasOffset])
  }

  @Test func listsMayGoOverLines() throws {
    let text = "x = [ # some\n 'a', [ ], # none\n true,\n]\ny = [1,2]"
    let expected: [TOMLValue] = [
      .array([.string("a"), .array([]), .boolean(true)]), .array([.integer(1), .integer(2)]),
    ]
    #expect(try values(text) == expected)
  }

  // MARK: Tables

  @Test func tablesAreFoundByTheirHeadersWithTheirLines() throws {
    let document = try table(
      """
      top = 1
      [host.edge] # near the users
      jobs = 2
      cpu.target = 'baseline'
      cpu.extra = true

      [ host . "far away" ]
      jobs = 3
      [backend]
      """)
    #expect(document.entries.map(\.key) == ["top", "host", "backend"])
    #expect(document.entries.map(\.line) == [1, 2, 9])
    guard case .table(let host)? = document["host"], case .table(let edge)? = host["edge"] else {
      Issue.record("no tables")
      return
    }
    #expect(host.entries.map(\.key) == ["edge", "far away"])
    #expect(host.entries.map(\.line) == [2, 7])
    #expect(edge.entries.map(\.key) == ["jobs", "cpu"])
    #expect(edge.entries.map(\.line) == [3, 4])
    #expect(edge["jobs"] == .integer(2))
    guard case .table(let cpu)? = edge["cpu"] else {
      Issue.record("no table")
      return
    }
    #expect(cpu.entries.map(\.line) == [4, 5])
    #expect(document["backend"] == .table(TOMLTable()))
    #expect(document["front"] == nil)
  }

  @Test func listsOfTables() throws {
    let document = try table("[[a]]\nx = 1\n[a.b]\ny = 2\n[[a]]\n[[a.c]]\n[[a.c]]\nz = 3")
    guard case .array(let tables)? = document["a"], case .table(let one)? = tables.first,
      case .table(let two)? = tables.last
    else {
      Issue.record("no list")
      return
    }
    #expect(tables.count == 2)
    #expect(one.entries.map(\.key) == ["x", "b"])
    let third = TOMLTable(entries: [TOMLTable.Entry(key: "z", value: .integer(3), line: 8)])
    #expect(two["c"] == .array([.table(TOMLTable()), .table(third)]))
  }

  @Test func tablesInBraces() throws {
    guard case .table(let table)? = try values("x = { a = 1, b.c = [\n2 ], b.d = {} }").first else {
      Issue.record("no table")
      return
    }
    #expect(table["a"] == .integer(1))
    guard case .table(let inner)? = table["b"] else {
      Issue.record("no table")
      return
    }
    #expect(inner.entries.map(\.key) == ["c", "d"])
    #expect(inner.entries.map(\.line) == [1, 2])
    #expect(try values("x = {}") == [.table(TOMLTable())])
  }

  @Test(arguments: [
    // Headers above and below each other may come in any order, and tables that keys with dots began may have more below.
    "[a.b]\n[a]\nx = 1", "[a]\n[a.b]", "[a]\nb.c = 1\n[a.d]", "[a]\nb.c = 1\n[a.b.d]", "a.b = 1\na.c = 2",
    "[[a]]\n[[a]]",
    "[[a]]\n[a.b]\n[[a]]\n[a.b]", "[a.b.c]\n[a]\nb.x = 1", "\"\" = 1", "1.2 = 3", "a . b = 1",
  ]) func whatMayFollowEachOther(text: String) throws { _ = try table(text) }

  @Test(arguments: [
    ("a.b = 1\na.b = 2", 2, "a.b is set a second time"),
    ("a = 1\na.b = 2", 2, "a lies in what is no table, or one that is complete"),
    ("[a]\n[a]", 2, "the table a begins a second time"), ("a.b = 1\n[a]", 2, "the table a begins a second time"),
    ("[a]\n\n[[a]]", 3, "the table a begins a second time"), ("[[a]]\n[a]", 2, "the table a begins a second time"),
    ("a = []\n[[a]]", 2, "a is set a second time"), ("a = 1\n[a]", 2, "a is set a second time"),
    ("a = {}\n[a.b]", 2, "a.b lies in what is no table, or one that is complete"),
    ("a = {}\na.b = 1", 2, "a lies in what is no table, or one that is complete"),
    ("[a.b]\n[a]\nb.c = 1", 3, "nothing can be added to the table b here"),
    ("a.b = 1\n[c]\n[a.d]\n[a]", 4, "the table a begins a second time"),
    ("[a]\nb.c = 1\n[a.b]", 3, "the table a.b begins a second time"),
    ("[[a.b]]\n[a]\nb.y = 2", 3, "nothing can be added to the table b here"),
    ("x = {a = 1, a = 2}", 1, "a is set a second time"),
  ]) func nothingIsSetTwice(text: String, line: Int, reason: String) {
    #expect(refusal(text) == TOMLReader.Malformed(line: line, reason: reason))
  }

  // MARK: What is refused

  @Test(arguments: [
    ("x", 1, "a key must be followed by ="), ("\n= 1", 2, "a line must be KEY = VALUE or [TABLE]"),
    ("x = 1\nx = 2", 2, "x is set a second time"), ("x =", 1, "a value is missing"),
    ("x =\n1", 1, "a value is missing"),
    ("x = winch", 1, "winch is no value; text needs quotes"), ("x = 1 2", 1, "something follows the value"),
    ("x = \"a\nb\"", 1, "a string does not end on its line"), ("x = '''a", 1, "a string does not end"),
    ("x = \"\\d\"", 1, "a backslash in \"…\" must begin an escape; '…' takes it as it is"),
    ("x = \"\\uD800\"", 1, "\\uD800 is no character"), ("x = [1 2]", 1, "a list needs , or ] here"),
    ("x = [\n1,", 2, "a value is missing"), ("x = 1 # \u{1}", 1, "a comment has a control character"),
    ("x = 1\u{0}", 1, "something follows the value"), ("x = 1\ry = 2", 1, "something follows the value"),
    ("[a\n]", 1, "a table's name must be followed by ]"), ("[[a] ]", 1, "a table's name must be followed by ]]"),
    ("[]", 1, "a line must be KEY = VALUE or [TABLE]"), ("[a] b = 1", 1, "something follows the value"),
    ("a. = 1", 1, "a line must be KEY = VALUE or [TABLE]"),
    ("x = {a = 1,}", 1, "a line must be KEY = VALUE or [TABLE]"),
    ("x = {a = 1\n}", 1, "a table in braces needs , or } here"),
    ("x = {\n}", 1, "a line must be KEY = VALUE or [TABLE]"),
  ]) func whatIsNotTOMLIsRefused(text: String, line: Int, reason: String) {
    #expect(refusal(text) == TOMLReader.Malformed(line: line, reason: reason))
  }

  @Test(arguments: [
    "2023-02-29", "1979-13-01", "1979-00-01", "1979-01-00", "1979-1-01", "1979-05-27T", "24:00:00", "07:60:00", "07:32",
    "07:32:60", "07:32:00.", "07:32:00Z", "1979-05-27T07:32:00+24:00", "1979-05-27T07:32:00+1:00",
    "1979-05-27T07:32:00Zz", "1979-05-27x07:32:00", "1979-05-27Z",
  ]) func noSuchDate(text: String) {
    #expect(refusal("x = \(text)")?.reason == "\(text) is no value; text needs quotes")
  }

  /// Each level would be a call of ours, and a file of brackets more of them than a stack has room for.
  @Test func nothingIsNestedWithoutEnd() throws {
    let sixteen = String(repeating: "[", count: 16) + String(repeating: "]", count: 16)
    #expect(try values("x = \(sixteen)").count == 1)
    for depth in [17, 900_000] {
      let text = "\nx = " + String(repeating: "[", count: depth)
      #expect(refusal(text) == TOMLReader.Malformed(line: 2, reason: "values are nested deeper than 16"))
    }
    #expect(refusal("x = " + String(repeating: "{x=", count: 300_000))?.reason == "values are nested deeper than 16")
    #expect(refusal(String(repeating: "x.", count: 400_000) + "x = 1")?.reason == "a key has more than 16 parts")
    #expect(refusal("[" + String(repeating: "x.", count: 400_000) + "x]")?.reason == "a key has more than 16 parts")
  }

  /// As many as a file may have: with a look at all earlier keys and lines for each, it took minutes.
  @Test func eachKeyCostsItsOwnLineOnly() throws {
    let entries = try table((0..<100_000).map { "k\($0)=1\n" }.joined()).entries
    #expect(entries.count == 100_000)
    #expect(entries.last?.line == 100_000)
    guard case .array(let tables)? = try table(String(repeating: "[[a]]\n", count: 150_000))["a"] else {
      Issue.record("no list")
      return
    }
    #expect(tables.count == 150_000)
  }

  @Test(arguments: [
    "01", "+-1", "1_", "_1", "1__0", "0x", "0xg", "0b2", "-0x1", "1.", ".5", "1.e5", "1e", "1e5.0",
    "9223372036854775808",
    "True", "nope", "++1", "1_.0", "inf_",
  ]) func numbersHaveRules(text: String) {
    #expect(refusal("x = \(text)")?.reason == "\(text) is no value; text needs quotes")
  }
}
