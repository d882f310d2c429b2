/// Characters of messages that not every terminal can show.
enum Glyphs {
  static let arrow = isPlain ? "->" : "→"
  static let micro = isPlain ? "us" : "µs"
  static let ellipsis = isPlain ? "~" : "…"

  private static let isPlain = lacksUnicode(Environment.value)

  /// Whether the locale has another character set than UTF-8. Where nobody chose one, as in most of CI, it is taken for
  /// granted.
  ///
  /// - Parameter variable: the value of an environment variable; nil if it is unset or empty.
  static func lacksUnicode(_ variable: (String) -> String?) -> Bool {
    guard let locale = ["LC_ALL", "LC_CTYPE", "LANG"].lazy.compactMap(variable).first else { return false }
    if locale == "C" || locale == "POSIX" { return true }
    guard let dot = locale.firstIndex(of: ".") else { return false }
    let set = locale[dot...].dropFirst().prefix { $0 != "@" }.lowercased()
    return set != "utf-8" && set != "utf8"
  }
}
