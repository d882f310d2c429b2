/// A command whose messages may be coloured.
protocol ColoredCommand {
  var palette: Palette { get }
}

/// Builds messages for people, and colours them where that is wanted.
struct Palette: Sendable {
  static let plain = Palette(isColored: false)

  let isColored: Bool

  /// `subject: error: message`
  func error(_ subject: String, _ message: String) -> String {
    "\(paint(subject, "1")): \(paint("error:", "1;31")) \(message)"
  }

  /// `subject: warning: message`
  func warning(_ subject: String, _ message: String) -> String {
    "\(paint(subject, "1")): \(paint("warning:", "1;33")) \(message)"
  }

  /// A word that says that something was done.
  func done(_ word: String) -> String { paint(word, "32") }

  private func paint(_ text: String, _ style: String) -> String {
    isColored ? "\u{1b}[\(style)m\(text)\u{1b}[0m" : text
  }
}
