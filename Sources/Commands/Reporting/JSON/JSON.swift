internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

/// A JSON value for output to programs (RFC 8259).
///
/// This is written by hand, because Foundation's encoder costs every start of the program more than a whole run with
/// nothing to do, and because members keep their order here, which makes lines easy to read.
enum JSON: Hashable, Sendable {
  case null
  case bool(Bool)
  case number(Int)
  case string(String)
  case array([JSON])
  case object([Member])

  struct Member: Hashable, Sendable {
    let name: String
    let value: JSON
  }

  init(_ value: Int?) { self = value.map { .number($0) } ?? .null }
  init(_ value: UInt64) { self = .number(Int(clamping: value)) }
  init(_ value: String?) { self = value.map { .string($0) } ?? .null }

  /// Words as programs can write them: `up to date` as `up_to_date`.
  static func identifier(_ words: String) -> JSON {
    .string(String(words.map { $0 == " " || $0 == "-" ? "_" : $0 }))
  }

  /// Makes a value of a path, as text. A path that is not UTF-8, which text could not carry, is an object instead:
  /// `{"hex": "2f74ff"}`, so that no reader takes it for another path.
  init(_ path: FilePath?) {
    guard let path else {
      self = .null
      return
    }
    let bytes = path.bytes
    if let text = String(validating: bytes, as: UTF8.self) {
      self = .string(text)
    } else {
      self = ["hex": .string(bytes.hex)]
    }
  }

  init(_ paths: [FilePath]) { self = .array(paths.map { JSON($0) }) }
}

extension JSON: ExpressibleByDictionaryLiteral, ExpressibleByStringLiteral, ExpressibleByBooleanLiteral,
  ExpressibleByIntegerLiteral
{
  init(dictionaryLiteral members: (String, JSON)...) { self = .object(members.map(Member.init)) }
  init(stringLiteral text: String) { self = .string(text) }
  init(booleanLiteral value: Bool) { self = .bool(value) }
  init(integerLiteral value: Int) { self = .number(value) }
}

extension JSON {
  /// Appends the value's text, in which there is no line break and nothing that could garble a terminal.
  func write(to bytes: inout [UInt8]) {
    switch self {
    case .null: bytes += "null".utf8
    case .bool(let value): bytes += (value ? "true" : "false").utf8
    case .number(let value): bytes += "\(value)".utf8
    case .string(let text): Self.write(text, to: &bytes)
    case .array(let values):
      Self.write(values, "[", "]", to: &bytes) { value, bytes in value.write(to: &bytes) }
    case .object(let members):
      Self.write(members, "{", "}", to: &bytes) { member, bytes in
        Self.write(member.name, to: &bytes)
        bytes.append(UInt8(ascii: ":"))
        member.value.write(to: &bytes)
      }
    }
  }

  private static func write<Part>(
    _ parts: [Part], _ open: String, _ close: String, to bytes: inout [UInt8], body: (Part, inout [UInt8]) -> Void
  ) {
    bytes += open.utf8
    for (number, part) in parts.enumerated() {
      if number > 0 { bytes.append(UInt8(ascii: ",")) }
      body(part, &bytes)
    }
    bytes += close.utf8
  }

  private static func write(_ text: String, to bytes: inout [UInt8]) {
    bytes.append(UInt8(ascii: "\""))
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"", "\\": bytes += [UInt8(ascii: "\\"), UInt8(scalar.value)]
      case " "..."~": bytes.append(UInt8(scalar.value))
      case _ where scalar.mustBeEscaped:
        for unit in UTF16.encode(scalar).map({ Array($0) }) ?? [] {
          bytes += "\\u".utf8
          bytes += [UInt8(unit >> 8), UInt8(truncatingIfNeeded: unit)].hex.utf8
        }
      default: bytes += UTF8.encode(scalar).map { Array($0) } ?? []
      }
    }
    bytes.append(UInt8(ascii: "\""))
  }
}
