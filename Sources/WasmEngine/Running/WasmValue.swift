/// The types of numbers that functions have as parameters and results.
public enum NumberType: String, CaseIterable, Hashable, Sendable {
  case i32, i64, f32, f64
}

/// A number that is an argument or a result of a function.
public enum WasmValue: Hashable, Sendable {
  case i32(Int32)
  case i64(Int64)
  case f32(Float)
  case f64(Double)

  /// The number's type.
  public var type: NumberType {
    switch self {
    case .i32: .i32
    case .i64: .i64
    case .f32: .f32
    case .f64: .f64
    }
  }

  /// Reads a number as people write it: integers in decimal or after `0x`, signed or not; fractions as Swift reads them.
  ///
  /// An integer may be negative, or as large as the type without a sign can hold.
  ///
  /// - Returns: nil unless the text is a number that the type can hold.
  public init?(_ text: String, as type: NumberType) {
    switch type {
    case .i32:
      guard let value = Int32(literal: text) else { return nil }
      self = .i32(value)
    case .i64:
      guard let value = Int64(literal: text) else { return nil }
      self = .i64(value)
    case .f32:
      guard let value = Float(text) else { return nil }
      self = .f32(value)
    case .f64:
      guard let value = Double(text) else { return nil }
      self = .f64(value)
    }
  }
}

extension WasmValue: CustomStringConvertible {
  /// The number alone: integers signed, fractions with as many digits as it takes to read the same one again.
  public var description: String {
    switch self {
    case .i32(let value): "\(value)"
    case .i64(let value): "\(value)"
    case .f32(let value): "\(value)"
    case .f64(let value): "\(value)"
    }
  }
}

extension FixedWidthInteger {
  /// Reads an integer. A number that only the unsigned type can hold stands for its bits.
  fileprivate init?(literal text: String) where Self: SignedInteger, Magnitude: FixedWidthInteger {
    let isNegative = text.hasPrefix("-")
    let digits = text.drop { "+-".contains($0) }
    guard text.count - digits.count <= 1 else { return nil }
    let isHexadecimal = digits.hasPrefix("0x") || digits.hasPrefix("0X")
    let number = isHexadecimal ? digits.dropFirst(2) : digits
    guard number.first?.isHexDigit == true, let magnitude = Magnitude(number, radix: isHexadecimal ? 16 : 10) else {
      return nil
    }
    if isNegative {
      guard magnitude <= Self.min.magnitude else { return nil }
      self = Self(truncatingIfNeeded: 0 &- magnitude)
    } else {
      self = Self(truncatingIfNeeded: magnitude)
    }
  }
}
