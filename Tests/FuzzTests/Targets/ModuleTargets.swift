import WasmEngine

@testable import Inspecting

/// WebAssembly binaries: what we are given to compile, or to look at.
enum ModuleTargets {
  static func preamble(_ bytes: UnsafeRawBufferPointer) throws {
    let start = UnsafeRawBufferPointer(rebasing: bytes.prefix(64))
    let kind = Result { () throws(NotWebAssembly) in try ModuleKind(start: start, fileSize: bytes.count) }
    switch kind {
    case .success(let kind):
      try Finding.unless(bytes.starts(with: [0x00, 0x61, 0x73, 0x6d]), "without the magic number, a \(kind)")
      try Finding.unless(bytes.count >= ModuleKind.preambleSize && bytes[6] == kind.rawValue, "not a \(kind)")
    case .failure(let reason):
      try Finding.unless(reason.description.utf8.allSatisfy { 0x20...0x7e ~= $0 }, "a reason not to print: \(reason)")
    }
  }

  static func module(_ bytes: UnsafeRawBufferPointer) throws {
    let module = Result { () throws(FormatError) in try WasmModule(bytes) }
    switch module {
    case .success(let module): try check(module, in: bytes)
    case .failure(let error): try check(error, in: bytes)
    }
  }

  static func component(_ bytes: UnsafeRawBufferPointer) throws {
    let component = Result { () throws(FormatError) in try WasmComponent(bytes) }
    switch component {
    case .success(let component):
      try check(component.sections, component.imports + component.exports, in: bytes)
      for module in component.modules { try check(module, in: bytes) }
    case .failure(let error): try check(error, in: bytes)
    }
  }

  private static func check(_ module: WasmModule, in bytes: UnsafeRawBufferPointer) throws {
    try check(module.sections, module.imports + module.exports, in: bytes)
    let code = module.functions.reduce(0) { $0 + $1.size }
    try Finding.unless(code <= bytes.count, "\(code) bytes of code in \(bytes.count)")
    try Finding.unless(module.names.count <= bytes.count, "\(module.names.count) names in \(bytes.count) bytes")
    for memory in module.memories { try Finding.unless(!memory.description.isEmpty, "a memory that says nothing") }
  }

  private static func check(
    _ sections: [WasmSection], _ items: [WasmItem], in bytes: UnsafeRawBufferPointer
  ) throws {
    for section in sections {
      try Finding.unless(
        section.offset >= 0 && section.size >= 0 && section.offset + section.size <= bytes.count,
        "a section of \(section.size) bytes at \(section.offset) of \(bytes.count)")
    }
    try Finding.unless(items.count <= bytes.count, "\(items.count) imports and exports in \(bytes.count) bytes")
    for item in items {
      let size = item.type?.utf8.count ?? 0
      try Finding.unless(size <= 1200, "a type is told in \(size) bytes, for each that has it")
    }
  }

  private static func check(_ error: FormatError, in bytes: UnsafeRawBufferPointer) throws {
    try Finding.unless(0...bytes.count ~= error.offset, "something is wrong outside the file: \(error)")
  }
}
