import SystemPackage
import TestSupport
import Testing
import WasmCache

@testable import WasmEngine

/// README's Swift snippet. Another test compares the two.
struct ReadmeSnippetTests {
  private let fixture: HostFixture
  /// The greatest common divisor of two numbers, as Examples/src/gcd.wat.
  private static let gcd =
    "0061736d0100000001070160027e7e017e030201000707010367636400000a24012201017e024003402001500d012000"
    + "200182210220012100200221010c000b0b20000b002c046e616d650214010003000161010162020972656d61696e6465"
    + "72030f0100020004646f6e6501046e657874"

  init() throws { fixture = try HostFixture() }

  @Test func theSnippetLoadsAndRuns() throws {
    let module = fixture.directory("gcd.wasm")
    try #require([UInt8](hex: Self.gcd.utf8)).write(to: module)
    let snippet = { (file: FilePath, library: FilePath, directory: FilePath) throws -> [WasmValue] in
      let engine = try EngineLibrary(path: library)
      let cache = try FileSystemCache(directory: directory, engine: engine)
      let instance = try Instance(cache.load(orCompileFileAt: file))
      return try instance.call("gcd", [.i64(1071), .i64(462)])
    }
    #expect(try snippet(module, EngineUnderTest.library(), fixture.path) == [.i64(21)])
  }
}
