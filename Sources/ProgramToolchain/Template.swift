/// An argument with placeholders: `-I{runtime}/include`. Braces around anything but a name are text.
struct Template {
  private enum Part {
    case text(String)
    case placeholder(String)
  }

  private var parts: [Part] = []

  init(_ text: String) {
    var rest = text[...]
    while let open = rest.firstIndex(of: "{") {
      let after = rest.index(after: open)
      guard let close = rest[after...].firstIndex(of: "}"), Self.isName(rest[after..<close]) else {
        parts.append(.text(String(rest[..<after])))
        rest = rest[after...]
        continue
      }
      if open > rest.startIndex { parts.append(.text(String(rest[..<open]))) }
      parts.append(.placeholder(String(rest[after..<close])))
      rest = rest[rest.index(after: close)...]
    }
    if !rest.isEmpty { parts.append(.text(String(rest))) }
  }

  private static func isName(_ text: Substring) -> Bool {
    !text.isEmpty
      && text.utf8.allSatisfy {
        UInt8(ascii: "a")...UInt8(ascii: "z") ~= $0 || UInt8(ascii: "0")...UInt8(ascii: "9") ~= $0
          || $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "_")
      }
  }

  var placeholders: [String] {
    parts.compactMap { if case .placeholder(let name) = $0 { name } else { nil } }
  }

  /// The placeholder's name, if it is nothing else.
  var onlyPlaceholder: String? {
    if parts.count == 1, case .placeholder(let name) = parts[0] { name } else { nil }
  }

  /// The text with values in the placeholders' places; a placeholder without a value stays.
  func filled(_ values: [String: String]) -> String {
    parts.map {
      switch $0 {
      case .text(let text): text
      case .placeholder(let name): values[name] ?? "{\(name)}"
      }
    }.joined()
  }
}
