import Testing

@testable import Commands

struct DisplayWidthTests {
  @Test(arguments: [
    ("", 0), ("abc", 3), ("é", 1), ("e\u{301}", 1), ("模块", 4), ("ｗ", 2), ("한글", 4), ("🦀", 2), ("→…µ", 3), ("ﾜ", 1),
    ("क्ष", 2), ("☃", 1), ("⌚", 2),
  ]) func columns(_ text: String, _ columns: Int) { #expect(text.columns == columns) }

  @Test func cutTextFits() {
    #expect("abcdef".fitting(columns: 6) == "abcdef")
    #expect("abcdef".fitting(columns: 5) == "abcd…")
    #expect("模块模块".fitting(columns: 7) == "模块模…")
    #expect("模块模块".fitting(columns: 6) == "模块…")
    #expect("ab".fitting(columns: 1) == "…")
    #expect("ab".fitting(columns: 0) == "")
    #expect("ab".fitting(columns: -3) == "")
  }
}
