/// A reader for the two things we want from a 64-bit little-endian ELF file: a section by name, and the GNU build id.
///
/// The bytes come from outside (an engine library, an artifact). Every offset is checked, and parts that do not fit are
/// reported as absent. Source: System V ABI, chapters "Object Files" and "Program Loading"; gABI notes.
package struct ELFFile {
  let bytes: UnsafeRawBufferPointer
  let sections: [Section]

  struct Section {
    var name: UInt32
    var type: UInt32
    var offset: UInt64
    var size: UInt64
    /// Another section that belongs to it: for symbols, the one with their names.
    var link: UInt32
  }

  private static let sectionHeaderSize = 64
  private static let noteType: UInt32 = 7
  private static let emptyType: UInt32 = 8

  /// Fails unless the bytes start with the header of a 64-bit little-endian ELF file whose section table is inside.
  ///
  /// The bytes must stay valid for as long as the reader is used.
  package init?(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    guard bytes.count >= 64, bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46, 2, 1]),
      let table: UInt64 = bytes.value(at: 0x28),
      let entrySize: UInt16 = bytes.value(at: 0x3a), Int(entrySize) == Self.sectionHeaderSize,
      let count: UInt16 = bytes.value(at: 0x3c),
      let nameTable: UInt16 = bytes.value(at: 0x3e),
      let start = Int(exactly: table),
      bytes.contains(start, Int(count) * Self.sectionHeaderSize)
    else { return nil }

    var sections: [Section] = []
    sections.reserveCapacity(Int(count))
    for index in 0..<Int(count) {
      let header = start + index * Self.sectionHeaderSize
      guard let name: UInt32 = bytes.value(at: header), let type: UInt32 = bytes.value(at: header + 4),
        let offset: UInt64 = bytes.value(at: header + 0x18), let size: UInt64 = bytes.value(at: header + 0x20),
        let link: UInt32 = bytes.value(at: header + 0x28)
      else { return nil }
      sections.append(Section(name: name, type: type, offset: offset, size: size, link: link))
    }
    guard sections.indices.contains(Int(nameTable)) else { return nil }
    self.sections = sections
    self.nameTable = Int(nameTable)
  }

  let nameTable: Int

  /// The contents of the first section of this name.
  package func section(named name: String) -> UnsafeRawBufferPointer? {
    guard let names = contents(sections[nameTable]) else { return nil }
    // Only as much is compared as the name is long. A table without an end may have four gigabytes, and any number of
    // sections may point into it.
    let wanted = Array(name.utf8) + [0]
    for section in sections {
      guard let start = Int(exactly: section.name), start < names.count else { continue }
      if names[start...].prefix(wanted.count).elementsEqual(wanted) { return contents(section) }
    }
    return nil
  }

  /// The descriptor of the note that the linker leaves to tell one build from another (`ld --build-id`).
  package var buildID: [UInt8]? {
    for section in sections where section.type == Self.noteType {
      guard let notes = contents(section) else { continue }
      if let found = Self.buildID(in: notes) { return found }
    }
    return nil
  }

  private static func buildID(in notes: UnsafeRawBufferPointer) -> [UInt8]? {
    let gnu = Array("GNU\0".utf8)
    var at = 0
    while let nameSize: UInt32 = notes.value(at: at), let size: UInt32 = notes.value(at: at + 4),
      let type: UInt32 = notes.value(at: at + 8)
    {
      let name = at + 12
      let descriptor = name + (Int(nameSize) + 3) & ~3
      guard notes.contains(name, Int(nameSize)), notes.contains(descriptor, Int(size)) else { return nil }
      if type == 3, notes[name..<name + Int(nameSize)].elementsEqual(gnu), size > 0 {
        return Array(notes[descriptor..<descriptor + Int(size)])
      }
      at = descriptor + (Int(size) + 3) & ~3
    }
    return nil
  }

  func contents(_ section: Section) -> UnsafeRawBufferPointer? {
    guard section.type != Self.emptyType, let offset = Int(exactly: section.offset),
      let size = Int(exactly: section.size), bytes.contains(offset, size)
    else { return nil }
    return UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + size])
  }
}

extension UnsafeRawBufferPointer {
  fileprivate func contains(_ offset: Int, _ size: Int) -> Bool {
    offset >= 0 && size >= 0 && offset <= count && size <= count - offset
  }

  func value<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int) -> Value? {
    guard contains(offset, MemoryLayout<Value>.size) else { return nil }
    return Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
  }
}
