internal import Glibc
internal import SystemPackage

/// WebAssembly's text format, which the standard engine reads.
package enum WasmText {
  /// Assembles a module or a component.
  package static func binary(_ text: String) throws -> [UInt8] {
    let path = try EngineUnderTest.library()
    guard let library = dlopen(path.string, RTLD_NOW | RTLD_LOCAL), let symbol = dlsym(library, "wasmtime_wat2wasm")
    else { throw Refused(reason: "\(path) cannot assemble") }
    let assemble = unsafeBitCast(symbol, to: Assemble.self)
    var bytes = Bytes()
    guard assemble(text, text.utf8.count, &bytes) == nil else { throw Refused(reason: "invalid text:\n\(text)") }
    // A test's process does not live long enough to give it back.
    return Array(UnsafeRawBufferPointer(start: bytes.data, count: bytes.size))
  }

  private typealias Assemble =
    @convention(c) (UnsafePointer<CChar>, Int, UnsafeMutableRawPointer) -> OpaquePointer?

  /// `wasm_byte_vec_t`
  private struct Bytes {
    var size = 0
    var data: UnsafeMutableRawPointer?
  }

  private struct Refused: Error, CustomStringConvertible {
    let reason: String
    var description: String { reason }
  }
}
