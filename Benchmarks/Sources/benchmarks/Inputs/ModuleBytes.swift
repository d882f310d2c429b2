/// A WebAssembly binary that is written section by section.
///
/// Source: WebAssembly core specification, "Binary Format".
struct ModuleBytes {
  enum Section: UInt8 {
    case custom = 0
    case type = 1
    case function = 3
    case memory = 5
    case export = 7
    case code = 10
  }

  private(set) var bytes: [UInt8] = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00]

  mutating func append(_ section: Section, _ contents: [UInt8]) {
    bytes.append(section.rawValue)
    bytes += Self.sized(contents)
  }

  /// Appends a custom section, which compilers skip.
  mutating func append(customSection name: String, _ contents: [UInt8]) {
    append(.custom, Self.name(name) + contents)
  }

  static func name(_ text: String) -> [UInt8] { sized(Array(text.utf8)) }

  /// The bytes, behind their number.
  static func sized(_ contents: [UInt8]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(unsigned: contents.count)
    return bytes + contents
  }

  /// The bytes of all items, behind the number of items.
  static func vector(_ items: [[UInt8]]) -> [UInt8] {
    var bytes: [UInt8] = []
    bytes.append(unsigned: items.count)
    for item in items { bytes += item }
    return bytes
  }
}

extension [UInt8] {
  /// Appends a number in LEB128 without sign.
  mutating func append(unsigned value: Int) {
    var rest = UInt(value)
    while rest >= 0x80 {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(rest))
  }

  /// Appends a number in LEB128 with sign.
  mutating func append(signed value: Int) {
    var rest = value
    while !(-0x40..<0x40).contains(rest) {
      append(UInt8(truncatingIfNeeded: rest) | 0x80)
      rest >>= 7
    }
    append(UInt8(truncatingIfNeeded: rest) & 0x7f)
  }
}
