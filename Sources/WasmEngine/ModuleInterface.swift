internal import CWasmtime

/// The kind of an import or an export.
///
/// The value types are left out: the library aborts the process when it is asked for one that is a vector or a reference.
public enum ExternKind: UInt8, Hashable, Sendable {
  /// The raw values are the C API's numbers, from 0.
  case function, global, table, memory, tag
}

/// One import of a module.
public struct ModuleImport: Hashable, Sendable {
  /// The name of the module that it is imported from.
  public let module: String
  /// The name under which it is looked for there.
  public let name: String
  public let kind: ExternKind

  /// Makes an import, as to compare with.
  public init(module: String, name: String, kind: ExternKind) {
    self.module = module
    self.name = name
    self.kind = kind
  }
}

/// One export of a module.
public struct ModuleExport: Hashable, Sendable {
  /// The name under which a host finds it.
  public let name: String
  public let kind: ExternKind

  /// Makes an export, as to compare with.
  public init(name: String, kind: ExternKind) {
    self.name = name
    self.kind = kind
  }
}

extension Module {
  /// The module's imports, in the module's order. Imports of kinds that are not known yet are left out.
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

  /// The module's exports, in the module's order. Exports of kinds that are not known yet are left out.
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
