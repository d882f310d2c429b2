/// One section of a WebAssembly binary.
package struct WasmSection: Hashable, Sendable {
  /// The specification's name for it; a custom section has its own name.
  package let name: String
  package let isCustom: Bool
  /// Bytes of its contents, and where they start in the file.
  package let size: Int
  package let offset: Int
}

extension ByteCursor {
  /// Goes through the sections of a module or a component.
  ///
  /// - Parameters:
  ///   - names: every section's name by its number.
  ///   - read: gets each section with its number and its contents. A custom section's contents start behind its name.
  mutating func sections(
    _ names: [UInt8: String], limit: Int,
    _ read: (UInt8, WasmSection, inout ByteCursor) throws(FormatError) -> Void
  ) throws(FormatError) {
    _ = try part(8, "the preamble")
    var number = 0
    while !isAtEnd {
      let start = self
      let id = try byte()
      let size = try self.number()
      var contents = try part(size, "a section")
      guard let name = names[id] else { throw start.failure("section \(id) is unknown") }
      guard number < limit else { throw start.failure("there are too many sections") }
      number += 1
      let offset = contents.offset
      let own = id == 0 ? try contents.name() : name
      try read(id, WasmSection(name: own, isCustom: id == 0, size: size, offset: offset), &contents)
    }
  }
}
