import Testing
import WasmEngine

struct ModuleKindTests {
  /// Reads a file whose first bytes are `start`.
  private func kind(_ start: [UInt8], fileSize: Int? = nil) throws(NotWebAssembly) -> ModuleKind {
    let result = start.withUnsafeBytes { bytes in
      Result { () throws(NotWebAssembly) in try ModuleKind(start: bytes, fileSize: fileSize ?? start.count) }
    }
    return try result.get()
  }

  private func preamble(version: UInt16, layer: UInt16) -> [UInt8] {
    [0x00, 0x61, 0x73, 0x6d, UInt8(version & 0xff), UInt8(version >> 8), UInt8(layer & 0xff), UInt8(layer >> 8)]
  }

  @Test func layerTellsModulesFromComponents() throws {
    #expect(try kind(preamble(version: 1, layer: 0)) == .coreModule)
    #expect(try kind(preamble(version: 1, layer: 0) + [1, 2, 3], fileSize: 1 << 40) == .coreModule)
    #expect(try kind(preamble(version: 13, layer: 1)) == .component)
    #expect(try kind(preamble(version: 1, layer: 1)) == .component)
    #expect(try kind(preamble(version: 0xffff, layer: 1)) == .component)
  }

  @Test(
    arguments: [
      ([], NotWebAssembly.empty, "is empty"),
      ([0x00], .truncated(bytes: 1), "is truncated: 1 of the 8 bytes that every module starts with"),
      (
        [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00], .truncated(bytes: 7),
        "is truncated: 7 of the 8 bytes that every module starts with"
      ),
      (
        Array("(module)".utf8), .text, "is WebAssembly text, not binary: convert it with `wat2wasm`"
      ),
      (Array(" \t\r\n(module)".utf8), .text, "is WebAssembly text, not binary: convert it with `wat2wasm`"),
      (Array(";; a (;\n(; b\n;) ( func)".utf8), .text, "is WebAssembly text, not binary: convert it with `wat2wasm`"),
      // Other languages have parentheses and semicolons, too.
      (
        Array("(define x)".utf8), .otherFormat(start: [0x28, 0x64, 0x65, 0x66]),
        "is not WebAssembly: it starts with 28 64 65 66, not with 00 61 73 6d"
      ),
      (
        Array(";; a comment".utf8), .otherFormat(start: [0x3b, 0x3b, 0x20, 0x61]),
        "is not WebAssembly: it starts with 3b 3b 20 61, not with 00 61 73 6d"
      ),
      (
        Array("(; open".utf8), .otherFormat(start: [0x28, 0x3b, 0x20, 0x6f]),
        "is not WebAssembly: it starts with 28 3b 20 6f, not with 00 61 73 6d"
      ),
      (
        [0x7f, 0x45, 0x4c, 0x46, 2, 1, 1, 0], .elf,
        "is native code (ELF), perhaps an artifact that was precompiled already: name the .wasm it came from"
      ),
      (
        Array("PK\u{3}\u{4}zip".utf8), .otherFormat(start: [0x50, 0x4b, 3, 4]),
        "is not WebAssembly: it starts with 50 4b 03 04, not with 00 61 73 6d"
      ),
      ([0xff], .otherFormat(start: [0xff]), "is not WebAssembly: it starts with ff, not with 00 61 73 6d"),
      (
        Array(";a".utf8), .otherFormat(start: [0x3b, 0x61]),
        "is not WebAssembly: it starts with 3b 61, not with 00 61 73 6d"
      ),
      (
        [0x00, 0x61, 0x73, 0x6d, 0x00, 0x00, 0x00, 0x00], .unknownVersion(0),
        "has WebAssembly binary version 0: only version 1 is known"
      ),
      (
        [0x00, 0x61, 0x73, 0x6d, 0x0d, 0x01, 0x00, 0x00], .unknownVersion(269),
        "has WebAssembly binary version 269: only version 1 is known"
      ),
      (
        [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x02, 0x01], .unknownLayer(258),
        "is neither a module nor a component: its layer field is 258"
      ),
    ] as [([UInt8], NotWebAssembly, String)])
  func saysWhyAFileIsNoModule(_ start: [UInt8], _ reason: NotWebAssembly, _ message: String) {
    #expect(throws: reason) { try kind(start) }
    #expect(reason.description == message)
  }

  /// A file that grows or shrinks while it is read can say anything of its size.
  @Test func sizeAndBytesNeedNotAgree() {
    #expect(throws: NotWebAssembly.empty) { try kind(preamble(version: 1, layer: 0), fileSize: 0) }
    #expect(throws: NotWebAssembly.truncated(bytes: 5)) { try kind(preamble(version: 1, layer: 0), fileSize: 5) }
    #expect(throws: NotWebAssembly.truncated(bytes: 100)) { try kind([0x00, 0x61], fileSize: 100) }
    #expect(throws: NotWebAssembly.truncated(bytes: 100)) { try kind([], fileSize: 100) }
  }
}
