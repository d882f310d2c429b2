/// Reads a part of a foreign file from front to back, and never beyond it.
struct ByteCursor {
  /// The whole file.
  private let bytes: UnsafeRawBufferPointer
  private(set) var offset: Int
  let end: Int

  init(_ bytes: UnsafeRawBufferPointer, from offset: Int = 0) {
    self.init(bytes, offset, bytes.count)
  }

  private init(_ bytes: UnsafeRawBufferPointer, _ offset: Int, _ end: Int) {
    self.bytes = bytes
    self.offset = offset
    self.end = end
  }

  var isAtEnd: Bool { offset == end }
  var count: Int { end - offset }

  func failure(_ reason: String) -> FormatError { FormatError(offset: offset, reason: reason) }

  mutating func byte() throws(FormatError) -> UInt8 {
    guard offset < end else { throw failure("it ends too early") }
    defer { offset += 1 }
    return bytes[offset]
  }

  /// An unsigned number in LEB128.
  ///
  /// - Parameter bits: how many it may have; its bytes are limited accordingly.
  mutating func number(bits: Int = 32) throws(FormatError) -> Int {
    let start = self
    var value: UInt64 = 0
    var shift = 0
    while true {
      let byte = try byte()
      let part = UInt64(byte & 0x7f)
      guard shift < bits, shift + 7 <= bits || part >> UInt64(bits - shift) == 0 else {
        throw start.failure("a number has more than \(bits) bits")
      }
      value |= part << UInt64(shift)
      shift += 7
      if byte & 0x80 == 0 { break }
    }
    // Sizes of memories may have 64 bits.
    return Int(clamping: value)
  }

  /// The number of things that follow, each of which has at least a byte.
  mutating func count(of things: String, limit: Int) throws(FormatError) -> Int {
    let start = self
    let count = try number()
    guard count <= limit else { throw start.failure("\(count) \(things), where engines accept \(limit)") }
    guard count <= self.count else { throw start.failure("\(count) \(things) in \(self.count) bytes") }
    return count
  }

  /// Text in UTF-8 behind its length.
  mutating func name() throws(FormatError) -> String {
    let start = self
    let size = try number()
    let part = try part(size, "a name")
    guard let text = String(validating: bytes[part.offset..<part.end], as: UTF8.self) else {
      throw start.failure("a name is not UTF-8")
    }
    return text
  }

  /// Goes past the next bytes and gives them as a part of their own.
  mutating func part(_ size: Int, _ what: String) throws(FormatError) -> ByteCursor {
    guard size <= count else { throw failure("\(what) has \(size) bytes, where \(count) are left") }
    defer { offset += size }
    return ByteCursor(bytes, offset, offset + size)
  }

  /// Goes past a number in LEB128 of any kind.
  mutating func skipNumber() throws(FormatError) {
    let start = self
    for _ in 0..<10 where try byte() & 0x80 == 0 { return }
    throw start.failure("a number does not end")
  }

  /// The bytes of a part, from where it is.
  var rest: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: bytes[offset..<end]) }
}
