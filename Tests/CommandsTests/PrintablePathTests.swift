import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import Commands

struct PrintablePathTests {
  @Test(arguments: [
    "a.wasm", "/tmp/with space.wasm", "it's.wasm", "$HOME", "Größe", "日本語", "back\\slash", "🙂", "\"quoted\"",
  ])
  func harmlessNamesStayWhatTheyAre(_ name: String) { #expect(FilePath(name).printable == name) }

  @Test(
    arguments: [
      (Array("a\nb".utf8), "$'a\\nb'"),
      (Array("a\tb\rc".utf8), "$'a\\tb\\rc'"),
      (Array("\u{1b}[31mred".utf8), "$'\\e[31mred'"),
      (Array("bell\u{7}\u{7f}".utf8), "$'bell\\x07\\x7f'"),
      (Array("\u{9b}31m".utf8), "$'\\xc2\\x9b31m'"),
      ([0x61, 0xff, 0x62], "$'a\\xffb'"),
      ([0xc3], "$'\\xc3'"),
      (Array("evil\u{202e}msaw.exe".utf8), "$'evil\\xe2\\x80\\xaemsaw.exe'"),
      (Array("zero\u{200b}width\u{feff}".utf8), "$'zero\\xe2\\x80\\x8bwidth\\xef\\xbb\\xbf'"),
      (Array("line\u{2028}paragraph\u{2029}".utf8), "$'line\\xe2\\x80\\xa8paragraph\\xe2\\x80\\xa9'"),
      (Array("private\u{e000}".utf8), "$'private\\xee\\x80\\x80'"),
      (Array("it's\n\\".utf8), "$'it\\'s\\n\\\\'"),
      (Array("Größe\n".utf8), "$'Größe\\n'"),
      (Array("\u{10FF41}".utf8), "$'\\xf4\\x8f\\xbd\\x81'"),
    ] as [([UInt8], String)])
  func whatCouldGarbleATerminalIsQuoted(_ bytes: [UInt8], _ text: String) {
    #expect(FilePath(bytes: bytes).printable == text)
  }

  /// Whoever copies what is printed has the file's name.
  @Test func shellReadsWhatIsQuotedAsItWas() throws {
    var random = SeededGenerator(seed: 8)
    // A newline makes every one of them quoted. No slash, which a path would normalize.
    var names = [(UInt8(1)...255).filter { $0 != UInt8(ascii: "/") }]
    for count in 1..<50 {
      names.append([0x0a] + random.bytes(count: count).filter { $0 != 0 && $0 != UInt8(ascii: "/") })
    }
    let script = names.map { "printf %s \(FilePath(bytes: $0).printable) | od -An -v -tx1 | tr -d ' \\n'; echo" }
    let output = try Tool.shell("exec bash -c \"$1\"", [script.joined(separator: "\n")])
    #expect(output.split(separator: "\n").map(String.init) == names.map(\.hex))
  }

  @Test func foreignTextIsOnOneLine() {
    #expect("harmless, Größe 🙂".printable == "harmless, Größe 🙂")
    #expect("a\nb\u{1b}[31m\u{202e}c".printable == "a\u{fffd}b\u{fffd}[31m\u{fffd}c")
  }
}
