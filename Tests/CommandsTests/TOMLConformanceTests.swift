import Foundation
import SystemPackage
import TestSupport
import Testing

@testable import Commands

/// What others say that TOML 1.0 is: the language's own test suite, and Python's reader.
struct TOMLConformanceTests {
  /// From the Debian package golang-github-burntsushi-toml-dev, whose author keeps the suite.
  private static let suite = "/usr/share/gocode/src/github.com/BurntSushi/toml/internal/toml-test/tests"

  private func files(_ directory: String) throws -> [String] {
    let paths = try FileManager.default.subpathsOfDirectory(atPath: "\(Self.suite)/\(directory)")
    return paths.filter { $0.hasSuffix(".toml") }.map { "\(Self.suite)/\(directory)/\($0)" }.sorted()
  }

  private func bytes(_ path: String) throws -> [UInt8] { Array(try Data(contentsOf: URL(filePath: path))) }

  @Test(.needs(FileManager.default.fileExists(atPath: suite), "golang-github-burntsushi-toml-dev"))
  func theSuitesValidDocumentsMeanWhatItSays() throws {
    let files = try files("valid")
    #expect(files.count >= 90)
    // \e came with TOML 1.1.
    for path in files where !path.hasSuffix("/string/escape-esc.toml") {
      let expected = try JSONSerialization.jsonObject(
        with: Data(contentsOf: URL(filePath: path.dropLast(4) + "json")), options: [.fragmentsAllowed])
      let found = try TOMLReader.table(in: try bytes(path))
      #expect(difference(.table(found), expected) == nil, "\(path)")
    }
  }

  @Test(.needs(FileManager.default.fileExists(atPath: suite), "golang-github-burntsushi-toml-dev"))
  func theSuitesInvalidDocumentsAreRefused() throws {
    let files = try files("invalid")
    #expect(files.count >= 220)
    for path in files {
      #expect(throws: TOMLReader.Malformed.self, "\(path)") { try TOMLReader.table(in: try bytes(path)) }
    }
  }

  /// What a value has that the suite's notation of it has not; nil if they are the same.
  private func difference(_ value: TOMLValue, _ expected: Any) -> String? {
    if case .table(let table) = value, let members = expected as? [String: Any] {
      if Set(members.keys) != Set(table.entries.map(\.key)) { return "keys \(table.entries.map(\.key))" }
      return table.entries.lazy.compactMap { entry in
        members[entry.key].flatMap { difference(entry.value, $0) }.map { "\(entry.key): \($0)" }
      }.first
    }
    if case .array(let elements) = value, let members = expected as? [Any] {
      if elements.count != members.count { return "\(elements.count) elements" }
      return zip(elements, members).lazy.compactMap { difference($0, $1) }.first
    }
    guard let scalar = expected as? [String: String], let type = scalar["type"], let text = scalar["value"] else {
      return "\(value) for \(expected)"
    }
    let isSame: Bool =
      switch (value, type) {
      case (.string(let value), "string"): value == text
      case (.integer(let value), "integer"): value == Int(text)
      case (.boolean(let value), "bool"): "\(value)" == text
      case (.float(let value), "float"): value == Double(text) || value.isNaN && text.hasSuffix("nan")
      case (.date(let date), "datetime"): date.hasOffset && normal(date.text) == normal(text)
      case (.date(let date), "datetime-local"):
        date.hasDate && date.hasTime && !date.hasOffset && normal(date.text) == normal(text)
      case (.date(let date), "date-local"): !date.hasTime && date.text == text
      case (.date(let date), "time-local"): !date.hasDate && normal(date.text) == normal(text)
      default: false
      }
    return isSame ? nil : "\(value) for \(scalar)"
  }

  /// Without zeros at the end of a fraction.
  private func normal(_ date: String) -> String {
    date.replacing(#/(\.\d*?)0+(?!\d)/#) { $0.1 == "." ? "" : "\($0.1)" }
  }

  /// Python's own reader is the judge of thousands of small documents: both refuse them, or both read the same.
  @Test func meansTheSameAsToPython() throws {
    let directory = try TemporaryDirectory()
    var random = SeededGenerator(seed: 5)
    let separator = "\u{1e}"
    let documents = (0..<40_000).map { Self.document($0, &random) }
    let input = try directory.write(documents.joined(separator: separator), to: "documents")
    let script = """
      import sys, tomllib, math, datetime
      def show(v):
          if isinstance(v, bool): return "b:%d" % v
          if isinstance(v, int): return "i:%d" % v if -2**63 <= v < 2**63 else "?"
          if isinstance(v, float): return "f:nan" if math.isnan(v) else "f:" + v.hex()
          if isinstance(v, str): return "s:" + v.encode().hex()
          if isinstance(v, list): return "[" + ",".join(show(e) for e in v) + "]"
          if isinstance(v, dict): return "{" + ";".join(k.encode().hex() + "=" + show(e) for k, e in v.items()) + "}"
          return "d:" + v.isoformat()
      for text in open(sys.argv[1], newline="", encoding="utf-8").read().split(chr(30)):
          try: print(show(tomllib.loads(text)))
          except tomllib.TOMLDecodeError: print("!")
          except ValueError: print("!")
      """
    let answers = try Tool.shell("python3 -c \"$1\" \"$2\"", [script, input.string])
    let lines = answers.split(separator: "\n", omittingEmptySubsequences: false).dropLast()
    try #require(lines.count == documents.count)
    var read = 0
    var tables = 0
    for (document, python) in zip(documents, lines) where !python.contains("?") {
      let ours: String
      do {
        ours = shown(.table(try TOMLReader.table(in: Array(document.utf8))))
        read += 1
        tables += ours.dropFirst().contains("{") ? 1 : 0
      } catch {
        ours = "!"
      }
      #expect(ours == python, "\(document.debugDescription)")
    }
    #expect(read > 5000 && tables > 2000, "enough of the documents are TOML to compare anything: \(read), \(tables)")
  }

  /// Half of them are bits of everything, mostly not TOML; the others are lines about few keys, which often collide.
  private static func document(_ number: Int, _ random: inout SeededGenerator) -> String {
    func any(_ choices: [String], _ random: inout SeededGenerator) -> String {
      choices.randomElement(using: &random) ?? ""
    }
    let pieces = [
      "a", "b-1", "\"k\"", "=", "=", " = ", " ", "\n", "\n", "\r\n", "\t", "#", "# c", ",", "[", "]", "'", "\"", "'''",
      "\"\"\"", "\\", "\\n", "\\u0041", "\\U0001F600", "é", "1", "0", "-", "+", "_", ".5", "e3", "0x1F", "0o7", "0b1",
      "inf", "nan", "true", "false", "'s'", "\"t\"", "x = 1\n", "y = ['a', \"b\"]\n", "\u{7f}", "\\\n", ".", "{", "}",
      "[t]\n", "[[u]]\n", "v.w = 2\n", "1979-05-27", "07:32:00", "T", "Z", ":", "00",
    ]
    if number.isMultiple(of: 2) {
      return (0..<Int.random(in: 1...12, using: &random)).map { _ in any(pieces, &random) }.joined()
    }
    let keys = ["a", "b", "a.b", "a.c", "b.a", "a.b.c", "\"a\".b", "c", "b . c"]
    let values = [
      "1", "'x'", "[]", "{}", "{a = 1}", "{ a.b = 1, c = [{}] }", "[1, 'a', [2]]", "1979-05-27", "1979-05-27 07:32:00Z",
      "1979-05-27T07:32:00+01:30", "07:32:00", "-0.5e1", "[{a=1},{b=2}]", "2100-02-29", "\"\"\"\na\\\n b\"\"\"", "true",
    ]
    return (0..<Int.random(in: 1...5, using: &random)).map { _ in
      switch Int.random(in: 0..<5, using: &random) {
      case 0: "[\(any(keys, &random))]\n"
      case 1: "[[\(any(keys, &random))]]\n"
      default: "\(any(keys, &random)) = \(any(values, &random))\n"
      }
    }.joined()
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
    case .date(let date): "d:" + date.text.replacing("Z", with: "+00:00")
    case .table(let table): "{\(table.entries.map { "\(hex($0.key))=\(shown($0.value))" }.joined(separator: ";"))}"
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
