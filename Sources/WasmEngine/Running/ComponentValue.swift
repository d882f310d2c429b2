internal import CWasmtime

/// A plain value that is an argument or a result of a component's function.
public enum ComponentValue: Hashable, Sendable {
  case bool(Bool)
  case s8(Int8)
  case u8(UInt8)
  case s16(Int16)
  case u16(UInt16)
  case s32(Int32)
  case u32(UInt32)
  case s64(Int64)
  case u64(UInt64)
  case f32(Float)
  case f64(Double)

  /// The types of plain values, as the component model calls them.
  public enum Kind: String, CaseIterable, Hashable, Sendable {
    case bool, s8, u8, s16, u16, s32, u32, s64, u64, f32, f64
  }

  /// The value's type.
  public var kind: Kind {
    switch self {
    case .bool: .bool
    case .s8: .s8
    case .u8: .u8
    case .s16: .s16
    case .u16: .u16
    case .s32: .s32
    case .u32: .u32
    case .s64: .s64
    case .u64: .u64
    case .f32: .f32
    case .f64: .f64
    }
  }

  /// Reads a value: `true` or `false`, a decimal integer, or a fraction as Swift reads it.
  ///
  /// - Returns: nil unless the text is a value that the type can hold.
  public init?(_ text: String, as kind: Kind) {
    let value: ComponentValue? =
      switch kind {
      case .bool: Bool(text).map { .bool($0) }
      case .s8: Int8(text).map { .s8($0) }
      case .u8: UInt8(text).map { .u8($0) }
      case .s16: Int16(text).map { .s16($0) }
      case .u16: UInt16(text).map { .u16($0) }
      case .s32: Int32(text).map { .s32($0) }
      case .u32: UInt32(text).map { .u32($0) }
      case .s64: Int64(text).map { .s64($0) }
      case .u64: UInt64(text).map { .u64($0) }
      case .f32: Float(text).map { .f32($0) }
      case .f64: Double(text).map { .f64($0) }
      }
    guard let value else { return nil }
    self = value
  }
}

extension ComponentValue: CustomStringConvertible {
  /// The value alone, as ``init(_:as:)`` reads it.
  public var description: String {
    switch self {
    case .bool(let value): "\(value)"
    case .s8(let value): "\(value)"
    case .u8(let value): "\(value)"
    case .s16(let value): "\(value)"
    case .u16(let value): "\(value)"
    case .s32(let value): "\(value)"
    case .u32(let value): "\(value)"
    case .s64(let value): "\(value)"
    case .u64(let value): "\(value)"
    case .f32(let value): "\(value)"
    case .f64(let value): "\(value)"
    }
  }
}

// The engine numbers types and values differently.
extension ComponentValue {
  var raw: cwasmtime_component_value_t {
    var raw = cwasmtime_component_value_t()
    raw.kind = kind.valueCode
    switch self {
    case .bool(let value): raw.of.boolean = value
    case .s8(let value): raw.of.s8 = value
    case .u8(let value): raw.of.u8 = value
    case .s16(let value): raw.of.s16 = value
    case .u16(let value): raw.of.u16 = value
    case .s32(let value): raw.of.s32 = value
    case .u32(let value): raw.of.u32 = value
    case .s64(let value): raw.of.s64 = value
    case .u64(let value): raw.of.u64 = value
    case .f32(let value): raw.of.f32 = value
    case .f64(let value): raw.of.f64 = value
    }
    return raw
  }

  /// - Returns: nil for a value that is not plain.
  init?(_ raw: cwasmtime_component_value_t) {
    guard let kind = Kind.allCases.first(where: { $0.valueCode == raw.kind }) else { return nil }
    self =
      switch kind {
      case .bool: .bool(raw.of.boolean)
      case .s8: .s8(raw.of.s8)
      case .u8: .u8(raw.of.u8)
      case .s16: .s16(raw.of.s16)
      case .u16: .u16(raw.of.u16)
      case .s32: .s32(raw.of.s32)
      case .u32: .u32(raw.of.u32)
      case .s64: .s64(raw.of.s64)
      case .u64: .u64(raw.of.u64)
      case .f32: .f32(raw.of.f32)
      case .f64: .f64(raw.of.f64)
      }
  }
}

extension ComponentValue.Kind {
  fileprivate var valueCode: UInt8 {
    let code =
      switch self {
      case .bool: CWASMTIME_COMPONENT_BOOL
      case .s8: CWASMTIME_COMPONENT_S8
      case .u8: CWASMTIME_COMPONENT_U8
      case .s16: CWASMTIME_COMPONENT_S16
      case .u16: CWASMTIME_COMPONENT_U16
      case .s32: CWASMTIME_COMPONENT_S32
      case .u32: CWASMTIME_COMPONENT_U32
      case .s64: CWASMTIME_COMPONENT_S64
      case .u64: CWASMTIME_COMPONENT_U64
      case .f32: CWASMTIME_COMPONENT_F32
      case .f64: CWASMTIME_COMPONENT_F64
      }
    return UInt8(code.rawValue)
  }

  var typeCode: UInt8 {
    let code =
      switch self {
      case .bool: CWASMTIME_COMPONENT_TYPE_BOOL
      case .s8: CWASMTIME_COMPONENT_TYPE_S8
      case .u8: CWASMTIME_COMPONENT_TYPE_U8
      case .s16: CWASMTIME_COMPONENT_TYPE_S16
      case .u16: CWASMTIME_COMPONENT_TYPE_U16
      case .s32: CWASMTIME_COMPONENT_TYPE_S32
      case .u32: CWASMTIME_COMPONENT_TYPE_U32
      case .s64: CWASMTIME_COMPONENT_TYPE_S64
      case .u64: CWASMTIME_COMPONENT_TYPE_U64
      case .f32: CWASMTIME_COMPONENT_TYPE_F32
      case .f64: CWASMTIME_COMPONENT_TYPE_F64
      }
    return UInt8(code.rawValue)
  }
}
