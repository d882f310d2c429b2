internal import CWasmtime

/// What a module wants from its host, or offers to it.
///
/// Only the kind, without its value types: asked for those, the library aborts the process where they are vectors or
/// references.
public enum ExternKind: UInt8, Hashable, Sendable {
  case function, global, table, memory, tag
}

/// One import of a module.
public struct ModuleImport: Hashable, Sendable {
  public let module: String
  public let name: String
  public let kind: ExternKind

  public init(module: String, name: String, kind: ExternKind) {
    self.module = module
    self.name = name
    self.kind = kind
  }
}

/// One export of a module.
public struct ModuleExport: Hashable, Sendable {
  public let name: String
  public let kind: ExternKind

  public init(name: String, kind: ExternKind) {
    self.name = name
    self.kind = kind
  }
}

extension Module {
  /// What the module wants from its host, in the module's order. Imports of kinds that are not known yet are left out.
  public var imports: [ModuleImport] {
    let api = engine.library.api.table
    var list = cwasmtime_imports_t()
    api.module_imports(handle, &list)
    defer { api.imports_delete(&list) }
    return UnsafeBufferPointer(start: list.data, count: list.size).compactMap { item in
      guard let item, let type = api.import_type(item), let kind = ExternKind(rawValue: api.extern_kind(type)) else {
        return nil
      }
      return ModuleImport(module: text(api.import_module(item)), name: text(api.import_name(item)), kind: kind)
    }
  }

  /// What the module offers to its host, in the module's order. Exports of kinds that are not known yet are left out.
  public var exports: [ModuleExport] {
    let api = engine.library.api.table
    var list = cwasmtime_exports_t()
    api.module_exports(handle, &list)
    defer { api.exports_delete(&list) }
    return UnsafeBufferPointer(start: list.data, count: list.size).compactMap { item in
      guard let item, let type = api.export_type(item), let kind = ExternKind(rawValue: api.extern_kind(type)) else {
        return nil
      }
      return ModuleExport(name: text(api.export_name(item)), kind: kind)
    }
  }

  private func text(_ bytes: UnsafePointer<cwasmtime_bytes_t>?) -> String {
    guard let bytes = bytes?.pointee else { return "" }
    return String(decoding: UnsafeRawBufferPointer(start: bytes.data, count: bytes.size), as: UTF8.self)
  }
}
