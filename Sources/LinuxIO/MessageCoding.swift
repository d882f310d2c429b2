/// Puts a message together: integers are little-endian, texts and bytes stand behind their number, a u32.
package struct MessageWriter {
  package private(set) var bytes: [UInt8] = []

  package init() {}

  package mutating func put(_ value: some FixedWidthInteger) {
    withUnsafeBytes(of: value.littleEndian) { bytes.append(contentsOf: $0) }
  }

  /// Writes a choice. One that is none of the known choices is written as a code that no reader takes.
  package mutating func put<Choice: Equatable>(code choice: Choice, of choices: [Choice]) {
    put(choices.firstIndex(of: choice).map { UInt8(clamping: $0) } ?? .max)
  }

  /// Writes a text, cut short where it is longer than a reader takes.
  package mutating func put(text: some Collection<UInt8>) { put(Array(text.prefix(MessageReader.largestText))) }

  package mutating func put(_ contents: [UInt8]) {
    put(UInt32(clamping: contents.count))
    bytes.append(contentsOf: contents)
  }
}

/// Takes a message apart that may come from anyone: what does not fit is nil.
package struct MessageReader {
  /// Bytes.
  package static let largestText = 1 << 14

  private var rest: ArraySlice<UInt8>

  package init(_ bytes: some Collection<UInt8>) { rest = bytes as? ArraySlice<UInt8> ?? Array(bytes)[...] }

  package var isAtEnd: Bool { rest.isEmpty }

  package mutating func take<Value: FixedWidthInteger>(_ type: Value.Type) -> Value? {
    let size = Value.bitWidth / 8
    guard rest.count >= size else { return nil }
    var value: Value = 0
    for byte in rest.prefix(size).reversed() { value = value << 8 | Value(byte) }
    rest = rest.dropFirst(size)
    return value
  }

  /// Takes a number of bytes; nil if it does not fit an `Int`.
  package mutating func takeSize() -> Int? { take(UInt64.self).flatMap(Int.init(exactly:)) }

  package mutating func takeCode<Choice>(of choices: [Choice]) -> Choice? {
    guard let code = take(UInt8.self) else { return nil }
    return choices.dropFirst(Int(code)).first
  }

  package mutating func takeText() -> [UInt8]? { takeBytes(atMost: Self.largestText) }

  /// Takes bytes behind their number; nil if that is larger than `limit`.
  package mutating func takeBytes(atMost limit: Int) -> [UInt8]? {
    guard let size = take(UInt32.self), size <= limit, rest.count >= Int(size) else { return nil }
    let bytes = Array(rest.prefix(Int(size)))
    rest = rest.dropFirst(Int(size))
    return bytes
  }
}
