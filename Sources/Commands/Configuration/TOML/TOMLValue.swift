/// What a key is set to.
enum TOMLValue: Hashable {
  case string(String)
  case integer(Int)
  case float(Double)
  case boolean(Bool)
  case array([TOMLValue])
  /// Any date, time or both; which one is not looked at.
  case date
  case table

  /// Whether nothing after it is read, because it will be refused.
  var endsReading: Bool {
    switch self {
    case .date, .table: true
    case .array(let elements): elements.last?.endsReading ?? false
    default: false
    }
  }

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

extension TOMLValue {
  /// A number, or what can only be a date, as it is written; nil if it is neither.
  init?(number text: String) {
    let bytes = Array(text.utf8)
    // 2026-11-25 and 07:32 begin with digits, too.
    if bytes.dropFirst(4).first == UInt8(ascii: "-") && bytes.prefix(4).allSatisfy(\.isDigit)
      || bytes.dropFirst(2).first == UInt8(ascii: ":")
    {
      self = .date
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
  var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
  var isHexDigit: Bool { isDigit || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(self | 0x20) }
}
