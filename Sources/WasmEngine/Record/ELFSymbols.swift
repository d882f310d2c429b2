// The sections and the functions' symbols of an ELF file, to look into an artifact. As in the rest of the reader, parts
// that do not fit are absent, and no work is more than the file's size accounts for.
extension ELFFile {
  /// A function's symbol; its name is found by ``name(_:)``.
  package struct Symbol: Hashable, Sendable {
    /// Where its name starts in the file.
    package let name: Int
    /// Bytes of its code.
    package let size: Int
  }

  private static let symbolTableType: UInt32 = 2
  private static let symbolSize = 24
  private static let functionType: UInt8 = 2
  private static let longestName = 1000

  /// Every section but the empty first, in the file's order; those without contents have size 0.
  package var allSections: [(name: String, size: Int)] {
    let names = contents(sections[nameTable])
    return sections.filter { $0.type != 0 }.map { section in
      let name = names.flatMap { Self.text(in: $0, at: Int(section.name)) } ?? ""
      return (name, contents(section)?.count ?? 0)
    }
  }

  /// The functions of the first symbol table.
  package var functions: [Symbol] {
    guard let table = sections.first(where: { $0.type == Self.symbolTableType }), let symbols = contents(table),
      sections.indices.contains(Int(table.link)), contents(sections[Int(table.link)]) != nil,
      let names = Int(exactly: sections[Int(table.link)].offset)
    else { return [] }
    var found: [Symbol] = []
    for start in stride(from: 0, through: symbols.count - Self.symbolSize, by: Self.symbolSize) {
      guard let name: UInt32 = symbols.value(at: start), let information: UInt8 = symbols.value(at: start + 4),
        let size: UInt64 = symbols.value(at: start + 16), information & 0xf == Self.functionType, size > 0,
        let size = Int(exactly: size)
      else { continue }
      found.append(Symbol(name: names + Int(name), size: size))
    }
    return found
  }

  /// A symbol's name, cut where it is longer than any that means something.
  package func name(_ symbol: Symbol) -> String { Self.text(in: bytes, at: symbol.name) ?? "" }

  private static func text(in bytes: UnsafeRawBufferPointer, at start: Int) -> String? {
    guard start < bytes.count else { return nil }
    return String(decoding: bytes[start...].prefix(longestName).prefix { $0 != 0 }, as: UTF8.self)
  }
}
