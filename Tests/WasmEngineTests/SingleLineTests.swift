import Testing

@testable import WasmEngine

struct SingleLineTests {
  @Test(arguments: [
    ("", ""),
    ("one line", "one line"),
    ("ends with a newline\n", "ends with a newline"),
    ("failed\n\nCaused by:\n    the reason (at offset 0xb)\n", "failed: the reason (at offset 0xb)"),
    ("failed\n\nCaused by:\n    0: first\n    1: second\n", "failed: first: second"),
    ("failed\r\n\r\nCaused by:\r\n   10: first", "failed: first"),
    ("failed\n  3 of 4: not a number of a cause", "failed: 3 of 4: not a number of a cause"),
    ("failed\u{2028}here\u{85}there\u{b}and there", "failed: here: there: and there"),
    (
      "failed\n\nCaused by:\n    the reason\n\nStack backtrace:\n   0: anyhow::error\n             at src/lib.rs:1\n",
      "failed: the reason"
    ),
  ])
  func joinsTheCauses(_ message: String, _ line: String) { #expect(message.singleLine == line) }
}
