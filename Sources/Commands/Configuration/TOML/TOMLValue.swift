/// A key's value.
enum TOMLValue: Hashable {
  case string(String)
  case integer(Int)
  case float(Double)
  case boolean(Bool)
  case date(TOMLDate)
  case array([TOMLValue])
  case table(TOMLTable)

  var withArticle: String {
    switch self {
    case .string: "a string"
    case .integer, .float: "a number"
    case .boolean: "true or false"
    case .array: "a list"
    case .date: "a date or time"
    case .table: "a table"
    }
  }
}

/// A document, or a part of it that has a name.
struct TOMLTable: Hashable {
  struct Entry: Hashable {
    let key: String
    let value: TOMLValue
    /// The line where it is, or where a table is first mentioned; from 1.
    let line: Int
  }

  /// The entries in the order of the document. No key is there twice.
  var entries: [Entry] = []

  subscript(_ key: String) -> TOMLValue? { entries.first { $0.key == key }?.value }
}

extension TOMLValue {
  /// A number or a date, as it is written; nil if it is neither.
  init?(plain text: String) {
    let bytes = Array(text.utf8)
    if let date = TOMLDate(text) {
      self = .date(date)
    } else if let radix = Self.radices[String(text.prefix(2))] {
      guard let digits = Self.digits(bytes[2...], belongs: \.isHexDigit), let value = Int(digits, radix: radix) else {
        return nil
      }
      self = .integer(value)
    } else {
      self.init(decimal: bytes)
    }
  }

  private static let radices = ["0x": 16, "0o": 8, "0b": 2]

  private init?(decimal bytes: [UInt8]) {
    let sign = bytes.prefix { $0 == UInt8(ascii: "+") || $0 == UInt8(ascii: "-") }
    let unsigned = bytes.dropFirst(sign.count)
    guard sign.count <= 1 else { return nil }
    let text = String(decoding: sign, as: UTF8.self)
    if ["inf", "nan"].contains(String(decoding: unsigned, as: UTF8.self)) {
      self = .float(Double(text + String(decoding: unsigned, as: UTF8.self)) ?? .nan)
      return
    }
    let mantissa = unsigned.prefix { $0 | 0x20 != UInt8(ascii: "e") }
    let parts = mantissa.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = Self.digits(parts[0]), whole == "0" || !whole.hasPrefix("0") else { return nil }
    if parts.count == 1 && mantissa.count == unsigned.count {
      guard let value = Int(text + whole) else { return nil }
      self = .integer(value)
      return
    }
    var number = text + whole
    if parts.count == 2 {
      guard let fraction = Self.digits(parts[1]) else { return nil }
      number += "." + fraction
    }
    if mantissa.count < unsigned.count {
      var exponent = unsigned.dropFirst(mantissa.count + 1)
      number += "e"
      if let sign = exponent.first, !sign.isDigit, sign != UInt8(ascii: "_") {
        number.unicodeScalars.append(Unicode.Scalar(sign))
        exponent = exponent.dropFirst()
      }
      guard let digits = Self.digits(exponent) else { return nil }
      number += digits
    }
    guard let value = Double(number) else { return nil }
    self = .float(value)
  }

  /// Digits without the underscores that may stand between them for the eye; nil if they are anything else.
  private static func digits(_ text: ArraySlice<UInt8>, belongs: (UInt8) -> Bool = \.isDigit) -> String? {
    let groups = text.split(separator: UInt8(ascii: "_"), omittingEmptySubsequences: false)
    guard groups.allSatisfy({ !$0.isEmpty && $0.allSatisfy(belongs) }) else { return nil }
    return String(decoding: groups.joined(), as: UTF8.self)
  }
}

extension UInt8 {
  var isLetter: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self | 0x20) }
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  var isHexDigit: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20) }
}
