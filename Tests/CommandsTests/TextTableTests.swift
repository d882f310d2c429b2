import Testing

@testable import Commands

struct TextTableTests {
  @Test func columnsAreAsWideAsTheirWidestCell() {
    var table = TextTable([.left, .right, .left])
    table.append(["name", "size", "note"])
    table.append(["é", "1000", ""])
    table.append(["漢字", "", "x"])
    #expect(table.text == "name  size  note\né     1000\n漢字        x\n")
  }

  /// Else the names of a foreign file, of which one may be huge, would make a text of their number times that.
  @Test func aCellThatIsFarTooWideSticksOut() {
    var table = TextTable([.left, .left])
    let long = String(repeating: "n", count: 100_000)
    table.append([long, "function"])
    for _ in 0..<1000 { table.append(["ab", "memory"]) }
    table.append(["abcd", "table"])
    #expect(table.text.utf8.count < long.count + 1000 * 20)
    #expect(table.text.hasPrefix(long + "  function\nab    memory\n"))
    #expect(table.text.hasSuffix("\nabcd  table\n"))
  }

  @Test func theFirstColumnGivesWayOnATerminal() {
    var table = TextTable([.left, .right])
    table.append(["module", "size"])
    table.append(["/home/me/project/build/primes.wasm", "13.8 kB"])
    #expect(table.text(width: nil) == table.text)
    #expect(table.text(width: 80) == table.text)
    #expect(
      table.text(width: 30) == """
        module                   size
        …t/build/primes.wasm  13.8 kB

        """)
    // The last column stays free.
    #expect(table.text(width: 44) == table.text && table.text(width: 43) != table.text)
    #expect(table.text(width: 15) == table.text, "there is no room for anything")
  }
}
