/// Takes an input apart where bytes alone are not what a reader reads. What is missing at its end is zero.
struct FuzzInput {
  private var rest: UnsafeRawBufferPointer.SubSequence

  init(_ bytes: UnsafeRawBufferPointer) { rest = bytes[...] }

  var isAtEnd: Bool { rest.isEmpty }

  mutating func byte() -> UInt8 { rest.popFirst() ?? 0 }

  /// Little-endian.
  mutating func number<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type) -> Value {
    (0..<Value.bitWidth / 8).reduce(0) { $0 | Value(byte()) << (8 * $1) }
  }

  /// Bytes behind their number, as far as they are there.
  mutating func bytes() -> [UInt8] {
    let count = Int(number(UInt16.self))
    let bytes = rest.prefix(count)
    rest = rest[bytes.endIndex...]
    return Array(bytes)
  }
}
