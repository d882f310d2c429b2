/// A 64-bit little-endian ELF file, put together field by field so that any of them can be wrong.
package struct ELFImage {
  package struct Section {
    package var name: String
    package var type: UInt32
    package var contents: [UInt8]

    package init(name: String, type: UInt32 = 1, contents: [UInt8] = []) {
      self.name = name
      self.type = type
      self.contents = contents
    }
  }

  package var sections: [Section]

  package init(sections: [Section] = []) { self.sections = sections }

  /// The file: header, contents, names, section table; the last section holds the names.
  package var bytes: [UInt8] {
    var body: [UInt8] = []
    var names: [UInt8] = [0]
    var headers: [[UInt8]] = []
    let all = sections + [Section(name: ".shstrtab", type: 3)]
    for (index, section) in all.enumerated() {
      let name = UInt32(names.count)
      names += Array(section.name.utf8) + [0]
      let contents = index == sections.count ? names : section.contents
      let offset = UInt64(Self.headerSize + body.count)
      body += contents
      headers.append(Self.sectionHeader(name: name, type: section.type, offset: offset, size: UInt64(contents.count)))
    }
    var header: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0]
    header += [UInt8](repeating: 0, count: Self.headerSize - header.count)
    header.put(UInt64(Self.headerSize + body.count), at: Self.tableOffset)
    header.put(UInt16(64), at: Self.entrySize)
    header.put(UInt16(all.count), at: Self.count)
    header.put(UInt16(sections.count), at: Self.nameTable)
    return header + body + headers.joined()
  }

  package static let headerSize = 64
  // Where the header's fields are.
  package static let tableOffset = 0x28
  package static let entrySize = 0x3a
  package static let count = 0x3c
  package static let nameTable = 0x3e

  /// Where the field of a section header is, in a file of `count` sections with the names' one.
  package static func field(_ field: Field, ofSection index: Int, of count: Int, in bytes: [UInt8]) -> Int {
    bytes.count - (count - index) * 64 + field.rawValue
  }

  package enum Field: Int {
    case name = 0
    case type = 4
    case offset = 0x18
    case size = 0x20
  }

  private static func sectionHeader(name: UInt32, type: UInt32, offset: UInt64, size: UInt64) -> [UInt8] {
    var header = [UInt8](repeating: 0, count: 64)
    header.put(name, at: Field.name.rawValue)
    header.put(type, at: Field.type.rawValue)
    header.put(offset, at: Field.offset.rawValue)
    header.put(size, at: Field.size.rawValue)
    return header
  }

  /// A note as a section of type 7 holds it.
  package static func note(name: [UInt8], type: UInt32, descriptor: [UInt8]) -> [UInt8] {
    var note = [UInt8](repeating: 0, count: 12)
    note.put(UInt32(name.count), at: 0)
    note.put(UInt32(descriptor.count), at: 4)
    note.put(type, at: 8)
    return note + padded(name) + padded(descriptor)
  }

  private static func padded(_ bytes: [UInt8]) -> [UInt8] {
    bytes + [UInt8](repeating: 0, count: (4 - bytes.count % 4) % 4)
  }
}

extension [UInt8] {
  package mutating func put(_ value: some FixedWidthInteger, at offset: Int) {
    Swift.withUnsafeBytes(of: value.littleEndian) { replaceSubrange(offset..<offset + $0.count, with: $0) }
  }
}
