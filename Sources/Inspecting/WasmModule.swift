/// One import or export of a file.
package struct WasmItem: Hashable, Sendable {
  /// The module that it is imported from; empty for exports, and for imports of components.
  package let module: String
  package let name: String
  package let kind: String
  /// Nil where it is not known.
  package let type: String?
}

/// The outline of a core module. It is read, not validated: an engine does that better.
///
/// The bytes come from anywhere. Each is looked at a bounded number of times. No more is kept than engines accept of
/// anything. Source: WebAssembly core specification, "Modules" (binary format).
package struct WasmModule: Sendable {
  /// A function that the module defines.
  package struct Function: Hashable, Sendable {
    package let index: Int
    /// Bytes of its code.
    package let size: Int
  }

  package private(set) var sections: [WasmSection] = []
  package private(set) var imports: [WasmItem] = []
  package private(set) var exports: [WasmItem] = []
  package private(set) var memories: [Limits] = []
  package private(set) var functions: [Function] = []
  /// Names of functions by their index, as the custom section `name` has them, or else as they are exported.
  package private(set) var names: [Int: String] = [:]

  /// The text of each type. All items of a type share it, because a small file may have many of a huge type.
  private var types: [String] = []
  /// For each function, imported ones first, its type.
  private var typesOfFunctions: [Int] = []
  private var importedFunctions = 0
  private var exportedNames: [Int: String] = [:]

  /// Engines accept no more than this of anything.
  ///
  /// Source: WebAssembly JavaScript interface, "Implementation-defined Limits".
  private static let most = 1_000_000

  /// - Parameter bytes: the whole file, or a module inside a component, preamble included.
  package init(_ bytes: UnsafeRawBufferPointer) throws(FormatError) {
    try self.init(ByteCursor(bytes))
  }

  init(_ cursor: ByteCursor) throws(FormatError) {
    var cursor = cursor
    try cursor.sections(Self.names, limit: Self.most) { (id, section, contents) throws(FormatError) in
      sections.append(section)
      try read(id, section.name, &contents)
    }
    names.merge(exportedNames) { own, _ in own }
    exportedNames = [:]
  }

  private static let names: [UInt8: String] = [
    0: "custom", 1: "type", 2: "import", 3: "function", 4: "table", 5: "memory", 6: "global", 7: "export", 8: "start",
    9: "element", 10: "code", 11: "data", 12: "data count", 13: "tag",
  ]

  private mutating func read(_ id: UInt8, _ name: String, _ contents: inout ByteCursor) throws(FormatError) {
    switch id {
    // No engine checks a custom section's contents. Names that cannot be read are not known.
    case 0 where name == "name": names = (try? FunctionNames.read(contents, limit: Self.most)) ?? [:]
    case 1: readTypes(contents)
    case 2: for _ in 0..<(try contents.count(of: "imports", limit: Self.most)) { try readImport(&contents) }
    case 3:
      for _ in 0..<(try contents.count(of: "functions", limit: Self.most)) {
        typesOfFunctions.append(try contents.number())
      }
    case 5:
      for _ in 0..<(try contents.count(of: "memories", limit: Self.most)) { memories.append(try contents.limits()) }
    case 7: for _ in 0..<(try contents.count(of: "exports", limit: Self.most)) { try readExport(&contents) }
    case 10:
      for index in 0..<(try contents.count(of: "functions", limit: Self.most)) {
        let size = try contents.number()
        _ = try contents.part(size, "a function")
        functions.append(Function(index: importedFunctions + index, size: size))
      }
    default: break
    }
  }

  /// Types of the garbage collection proposal are not functions. Types that follow one of an unknown kind are not known.
  private mutating func readTypes(_ contents: ByteCursor) {
    var contents = contents
    guard let count = try? contents.count(of: "types", limit: Self.most) else { return }
    for _ in 0..<count {
      guard (try? contents.byte()) == 0x60, let type = try? contents.functionType() else { return }
      types.append(type.description)
    }
  }

  private mutating func readImport(_ contents: inout ByteCursor) throws(FormatError) {
    let module = try contents.name()
    let name = try contents.name()
    let start = contents
    let kind: String
    var type: String?
    switch try contents.byte() {
    case 0:
      let index = try contents.number()
      typesOfFunctions.append(index)
      importedFunctions += 1
      (kind, type) = ("function", describe(index))
    case 1:
      (kind, type) = ("table", try contents.valueType())
      _ = try contents.limits()
    case 2:
      kind = "memory"
      let limits = try contents.limits()
      memories.append(limits)
      type = limits.description
    case 3:
      let value = try contents.valueType()
      (kind, type) = ("global", try contents.byte() == 1 ? "mut \(value)" : value)
    case 4:
      _ = try contents.byte()
      (kind, type) = ("tag", describe(try contents.number()))
    case let other: throw start.failure("an import of unknown kind \(other)")
    }
    imports.append(WasmItem(module: module, name: name, kind: kind, type: type))
  }

  private mutating func readExport(_ contents: inout ByteCursor) throws(FormatError) {
    let name = try contents.name()
    let start = contents
    let kinds = ["function", "table", "memory", "global", "tag"]
    let code = Int(try contents.byte())
    guard code < kinds.count else { throw start.failure("an export of unknown kind \(code)") }
    let index = try contents.number()
    let type: String? =
      switch code {
      case 0: typesOfFunctions.indices.contains(index) ? describe(typesOfFunctions[index]) : nil
      case 2: memories.indices.contains(index) ? memories[index].description : nil
      default: nil
      }
    exports.append(WasmItem(module: "", name: name, kind: kinds[code], type: type))
    if code == 0, exportedNames[index] == nil { exportedNames[index] = name }
  }

  private func describe(_ type: Int) -> String? {
    types.indices.contains(type) ? types[type] : nil
  }
}

extension Limits: CustomStringConvertible {
  /// `17 to 256 pages of 64 KiB`, `1 page of 64 KiB or more, shared`
  package var description: String {
    let size = pageSize < 1024 ? "\(pageSize) B" : "\(pageSize / 1024) KiB"
    func pages(_ count: Int) -> String { "\(count) page\(count == 1 ? "" : "s") of \(size)" }
    let range =
      maximum.map { $0 == minimum ? pages(minimum) : "\(minimum) to \(pages($0))" } ?? "\(pages(minimum)) or more"
    return range + (isShared ? ", shared" : "") + (is64 ? ", 64-bit" : "")
  }
}

/// Source: WebAssembly core specification, appendix "Name Section".
private enum FunctionNames {
  static func read(_ contents: ByteCursor, limit: Int) throws(FormatError) -> [Int: String] {
    var contents = contents
    while !contents.isAtEnd {
      let id = try contents.byte()
      let size = try contents.number()
      var part = try contents.part(size, "names")
      guard id == 1 else { continue }
      var names: [Int: String] = [:]
      for _ in 0..<(try part.count(of: "names", limit: limit)) {
        let index = try part.number()
        names[index] = try part.name()
      }
      return names
    }
    return [:]
  }
}
