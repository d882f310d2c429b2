extension Sequence<UInt8> {
  /// Two lowercase digits a byte.
  @inlinable package var hex: String {
    let digits = Array("0123456789abcdef".utf8)
    var text: [UInt8] = []
    text.reserveCapacity(2 * underestimatedCount)
    for byte in self {
      text.append(digits[Int(byte >> 4)])
      text.append(digits[Int(byte & 15)])
    }
    return String(decoding: text, as: UTF8.self)
  }

  /// Two lowercase digits a byte, a space between bytes.
  package var spacedHex: String { map { [$0].hex }.joined(separator: " ") }
}

extension [UInt8] {
  /// The bytes that an even number of lowercase hexadecimal digits stands for, or nil for any other text.
  @inlinable package init?(hex: some Collection<UInt8>) {
    guard hex.count.isMultiple(of: 2) else { return nil }
    self = []
    reserveCapacity(hex.count / 2)
    var high: UInt8?
    for digit in hex {
      let value: UInt8
      switch digit {
      case UInt8(ascii: "0")...UInt8(ascii: "9"): value = digit - UInt8(ascii: "0")
      case UInt8(ascii: "a")...UInt8(ascii: "f"): value = digit - UInt8(ascii: "a") + 10
      default: return nil
      }
      if let known = high {
        append(known << 4 | value)
        high = nil
      } else {
        high = value
      }
    }
  }
}
