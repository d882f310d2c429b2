internal import Inspecting
internal import SystemPackage
internal import WasmCache

/// A module or component as `inspect` shows it.
struct InspectedModule: Inspected {
  enum Outline {
    case module(WasmModule)
    case component(WasmComponent)
  }

  let path: FilePath
  /// Bytes.
  let size: Int
  let hash: WasmHash
  let outline: Outline
  /// How many functions to name.
  let functions: Int
  let artifacts: [ModuleArtifact]

  private var modules: [WasmModule] {
    switch outline {
    case .module(let module): [module]
    case .component(let component): component.modules
    }
  }

  private var sections: [WasmSection] {
    switch outline {
    case .module(let module): module.sections
    case .component(let component): component.sections
    }
  }

  private var items: (imports: [WasmItem], exports: [WasmItem]) {
    switch outline {
    case .module(let module): (module.imports, module.exports)
    case .component(let component): (component.imports, component.exports)
    }
  }

  private var isComponent: Bool { if case .component = outline { true } else { false } }

  private var memories: [Limits] { modules.flatMap(\.memories) }

  private var codeSize: Int { modules.reduce(0) { $0 + $1.functions.reduce(0) { $0 + $1.size } } }

  private var functionCount: Int { modules.reduce(0) { $0 + $1.functions.count } }

  /// The largest functions of all modules, largest first.
  private var largest: [(module: Int, function: WasmModule.Function, name: String?)] {
    modules.enumerated().flatMap { number, module in
      module.functions.map { (module: number, function: $0, name: module.names[$0.index]) }
    }
    .sorted { ($1.function.size, $0.module, $0.function.index) < ($0.function.size, $1.module, $1.function.index) }
    .prefix(functions).map { $0 }
  }

  // MARK: For people

  var text: String {
    var facts = TextTable([.left, .left])
    facts.append([isComponent ? "component" : "module", path.printable])
    facts.append(["size", Quantities.bytes(size)])
    facts.append(["sha256", hash.encode()])
    for memory in memories { facts.append(["memory", memory.description]) }
    if isComponent { facts.append(["modules", "\(modules.count)"]) }
    facts.append(["functions", "\(functionCount), \(Quantities.bytes(codeSize)) of code"])
    return facts.text + block("sections", sectionRows) + block("imports", items.imports.map(row))
      + block("exports", items.exports.map(row)) + block("largest functions", functionRows)
      + block("artifacts", artifactRows)
  }

  private func block(_ title: String, _ rows: [[String]]) -> String {
    guard let width = rows.first?.count else { return "" }
    var table = TextTable([.left] + Array(repeating: .left, count: width))
    for row in rows { table.append([""] + row) }
    return "\(title)\n\(table.text)"
  }

  private var sectionRows: [[String]] {
    sections.map { [$0.isCustom ? "custom “\($0.name.printable)”" : $0.name, Quantities.bytes($0.size)] }
  }

  private func row(_ item: WasmItem) -> [String] {
    let name = item.module.isEmpty ? item.name : "\(item.module) \(item.name)"
    return [name.printable, item.kind, item.type ?? ""]
  }

  private var functionRows: [[String]] {
    largest.map { entry in
      let number = isComponent ? "\(entry.module):\(entry.function.index)" : "\(entry.function.index)"
      return [Quantities.bytes(entry.function.size), number, entry.name?.printable ?? ""]
    }
  }

  private var artifactRows: [[String]] {
    artifacts.map {
      let place =
        $0.isLinked
        ? $0.path.printable : "copied without links: `wasmprecompile cache verify --repair` makes the link again"
      return [$0.engine.wish.printable, $0.engine.compiler.printable, Quantities.bytes($0.size), place]
    }
  }

  // MARK: For programs

  var json: JSON {
    [
      "type": "inspected", "kind": isComponent ? "component" : "module", "path": JSON(path), "size": JSON(size),
      "sha256": .string(hash.encode()),
      "sections": .array(
        sections.map {
          [
            "name": .string($0.name), "custom": .bool($0.isCustom), "size": JSON($0.size), "offset": JSON($0.offset),
          ]
        }),
      "imports": .array(items.imports.map(json)), "exports": .array(items.exports.map(json)),
      "memories": .array(
        memories.map { limits in
          [
            "minimum": JSON(limits.minimum), "maximum": JSON(limits.maximum), "page_size": JSON(limits.pageSize),
            "shared": .bool(limits.isShared), "memory64": .bool(limits.is64),
          ]
        }),
      "functions": JSON(functionCount), "code_size": JSON(codeSize),
      "largest_functions": .array(
        largest.map { entry in
          [
            "name": JSON(entry.name), "module": JSON(entry.module), "index": JSON(entry.function.index),
            "size": JSON(entry.function.size),
          ]
        }),
      "artifacts": .array(
        artifacts.map {
          [
            "engine": .string($0.engine.directory), "artifact": JSON($0.path), "artifact_size": JSON($0.size),
            "linked": .bool($0.isLinked),
          ]
        }),
    ]
  }

  private func json(_ item: WasmItem) -> JSON {
    [
      "module": item.module.isEmpty ? .null : .string(item.module), "name": .string(item.name),
      "kind": .string(item.kind), "signature": JSON(item.type),
    ]
  }
}
