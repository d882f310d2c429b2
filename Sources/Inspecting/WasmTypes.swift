/// The types of imports and exports, as WebAssembly's text format spells them.
///
/// Source: WebAssembly core specification 3.0, "Types" (binary format), and the proposals that add to it.
package struct FunctionType: Hashable, Sendable, CustomStringConvertible {
  let parameters: [String]
  let results: [String]

  /// How many parameters, and results, are told one by one. A type may have a thousand, and a million imports may have
  /// that type.
  private static let most = 24

  /// `(i32, i32) -> i64`, `(i32, i64, and 976 more) -> ()`
  package var description: String {
    let result = results.count == 1 ? results[0] : "(\(Self.list(results)))"
    return "(\(Self.list(parameters))) -> \(result)"
  }

  private static func list(_ types: [String]) -> String {
    let rest = types.count - most
    return types.prefix(most).joined(separator: ", ") + (rest > 0 ? ", and \(rest) more" : "")
  }
}

/// How large a memory or a table may be.
package struct Limits: Hashable, Sendable {
  package let minimum: Int
  package let maximum: Int?
  package let isShared: Bool
  package let is64: Bool
  /// Bytes of a page, for memories.
  package let pageSize: Int
}

extension ByteCursor {
  mutating func valueType() throws(FormatError) -> String {
    let start = self
    let code = try byte()
    switch code {
    case 0x7f: return "i32"
    case 0x7e: return "i64"
    case 0x7d: return "f32"
    case 0x7c: return "f64"
    case 0x7b: return "v128"
    case 0x63: return "(ref null \(try heapType()))"
    case 0x64: return "(ref \(try heapType()))"
    default:
      guard let name = Self.heapTypes[code] else { throw start.failure("0x\([code].hexText) is no type of values") }
      return "\(name)ref"
    }
  }

  private mutating func heapType() throws(FormatError) -> String {
    var ahead = self
    if let name = Self.heapTypes[try ahead.byte()] {
      self = ahead
      return name
    }
    return "\(try number(bits: 33))"
  }

  private static let heapTypes: [UInt8: String] = [
    0x70: "func", 0x6f: "extern", 0x6e: "any", 0x6d: "eq", 0x6c: "i31", 0x6b: "struct", 0x6a: "array", 0x69: "exn",
    0x71: "none", 0x72: "noextern", 0x73: "nofunc", 0x74: "noexn", 0x68: "cont", 0x75: "nocont",
  ]

  mutating func functionType() throws(FormatError) -> FunctionType {
    FunctionType(parameters: try valueTypes(), results: try valueTypes())
  }

  private mutating func valueTypes() throws(FormatError) -> [String] {
    var types: [String] = []
    for _ in 0..<(try count(of: "types", limit: 1000)) { types.append(try valueType()) }
    return types
  }

  mutating func limits() throws(FormatError) -> Limits {
    let start = self
    let flags = try byte()
    guard flags < 16 else { throw start.failure("limits have unknown flags 0x\([flags].hexText)") }
    let minimum = try number(bits: 64)
    let maximum = flags & 1 != 0 ? try number(bits: 64) : nil
    var pageSize = 65_536
    if flags & 8 != 0 {
      let power = try number()
      guard power <= 16 else { throw start.failure("a page has more than 64 KiB") }
      pageSize = 1 << power
    }
    return Limits(
      minimum: minimum, maximum: maximum, isShared: flags & 2 != 0, is64: flags & 4 != 0, pageSize: pageSize)
  }
}

extension [UInt8] {
  /// Two digits a byte.
  var hexText: String { map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined() }
}
