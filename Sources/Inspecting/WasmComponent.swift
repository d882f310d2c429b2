/// The outline of a component: its sections, what it imports and exports, and the modules in it.
///
/// Source: the component model's `Binary.md`.
package struct WasmComponent: Sendable {
  package private(set) var sections: [WasmSection] = []
  package private(set) var imports: [WasmItem] = []
  package private(set) var exports: [WasmItem] = []
  /// The modules in it, and in nested components.
  package private(set) var modules: [WasmModule] = []

  private static let most = 100_000
  /// How deep components may be nested; each level costs another look at the same bytes.
  private static let deepest = 16

  /// - Parameter bytes: the whole file, preamble included.
  package init(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    try self.init(ByteCursor(bytes), depth: 1)
  }

  private init(_ cursor: ByteCursor, depth: Int) throws(FormatError) {
    guard depth <= Self.deepest else { throw cursor.failure("components are nested deeper than \(Self.deepest)") }
    var cursor = cursor
    try cursor.sections(Self.names, limit: Self.most) { (id, section, contents) throws(FormatError) in
      sections.append(section)
      try read(id, &contents, depth)
    }
  }

  private static let names: [UInt8: String] = [
    0: "custom", 1: "core module", 2: "core instance", 3: "core type", 4: "component", 5: "instance", 6: "alias",
    7: "type", 8: "canon", 9: "start", 10: "import", 11: "export", 12: "value",
  ]

  private mutating func read(_ id: UInt8, _ contents: inout ByteCursor, _ depth: Int) throws(FormatError) {
    switch id {
    case 1: modules.append(try WasmModule(contents))
    case 4: modules += try WasmComponent(contents, depth: depth + 1).modules
    case 10:
      for _ in 0..<(try contents.count(of: "imports", limit: Self.most)) {
        let name = try Self.externName(&contents)
        imports.append(WasmItem(module: "", name: name, kind: try Self.externKind(&contents), type: nil))
      }
    case 11:
      for _ in 0..<(try contents.count(of: "exports", limit: Self.most)) { try readExport(&contents) }
    default: break
    }
  }

  private mutating func readExport(_ contents: inout ByteCursor) throws(FormatError) {
    let name = try Self.externName(&contents)
    let start = contents
    let kinds = ["core module", "function", "value", "type", "component", "instance"]
    let sort = Int(try contents.byte())
    guard sort < kinds.count else { throw start.failure("an export of unknown kind \(sort)") }
    if sort == 0 { _ = try contents.byte() }
    _ = try contents.number()
    if try contents.byte() == 1 { _ = try Self.externKind(&contents) }
    exports.append(WasmItem(module: "", name: name, kind: kinds[sort], type: nil))
  }

  private static func externName(_ contents: inout ByteCursor) throws(FormatError) -> String {
    let start = contents
    guard try contents.byte() <= 1 else { throw start.failure("a name of an unknown kind") }
    return try contents.name()
  }

  private static func externKind(_ contents: inout ByteCursor) throws(FormatError) -> String {
    let start = contents
    switch try contents.byte() {
    case 0:
      _ = try contents.byte()
      try contents.skipNumber()
      return "core module"
    case 1:
      try contents.skipNumber()
      return "function"
    case 2:
      _ = try contents.byte()
      try contents.skipNumber()
      return "value"
    case 3:
      if try contents.byte() == 0 { try contents.skipNumber() }
      return "type"
    case 4:
      try contents.skipNumber()
      return "component"
    case 5:
      try contents.skipNumber()
      return "instance"
    case let other: throw start.failure("something of unknown kind \(other)")
    }
  }
}
