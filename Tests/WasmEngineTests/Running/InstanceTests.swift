import SystemPackage
import TestSupport
import Testing

@testable import WasmEngine

struct InstanceTests {
  private func module(_ bytes: [UInt8], with version: String = EngineUnderTest.version) throws -> Module {
    let library = try EngineLibrary(path: EngineUnderTest.library(version))
    let engine = try Engine(library: library, settings: EngineSettings(backend: .cranelift), parallel: false)
    return try Module(compiling: bytes, with: engine)
  }

  /// A module whose function `swap` takes an i64 and an f32 and gives them the other way round, and that exports a memory.
  private static let swapping =
    WasmBinary.empty
    + WasmBinary.section(1, [0x01, 0x60, 0x02, 0x7e, 0x7d, 0x02, 0x7d, 0x7e])
    + WasmBinary.section(3, [0x01, 0x00])
    + WasmBinary.section(5, [0x01, 0x00, 0x01])
    + WasmBinary.section(
      7, [0x02] + WasmBinary.name("swap") + [0x00, 0x00] + WasmBinary.name("memory") + [0x02, 0x00])
    + WasmBinary.section(10, [0x01, 0x06, 0x00, 0x20, 0x01, 0x20, 0x00, 0x0b])

  @Test(arguments: EngineUnderTest.versions) func functionsAreCalledWithNumbersOfTheirTypes(_ version: String) throws {
    let instance = try Instance(module(WasmBinary.returning(-7), with: version))
    #expect(instance.signature(of: "value") == FunctionSignature(parameters: [], results: [.i32]))
    #expect(try instance.call("value") == [.i32(-7)])
    #expect(instance.signature(of: "other") == nil)
    #expect(throws: RunError.noFunction("other")) { try instance.call("other") }
    let signature = FunctionSignature(parameters: [], results: [.i32])
    #expect(throws: RunError.wrongArguments(function: "value", signature)) { try instance.call("value", [.i32(1)]) }
  }

  @Test(arguments: EngineUnderTest.versions) func severalResultsComeInTheirOrder(_ version: String) throws {
    let instance = try Instance(module(Self.swapping, with: version))
    let signature = FunctionSignature(parameters: [.i64, .f32], results: [.f32, .i64])
    #expect(instance.signature(of: "swap") == signature)
    #expect("\(signature)" == "(i64, f32) -> (f32, i64)")
    #expect(try instance.call("swap", [.i64(.min), .f32(0.5)]) == [.f32(0.5), .i64(.min)])
    #expect(throws: RunError.wrongArguments(function: "swap", signature)) {
      try instance.call("swap", [.f32(0.5), .i64(1)])
    }
    #expect(throws: RunError.noFunction("memory")) { try instance.call("memory") }
  }

  @Test func theModuleMayGoWhileItsInstanceLives() throws {
    let instance = try { try Instance(module(WasmBinary.returning(3))) }()
    #expect(try instance.call("value") == [.i32(3)])
  }

  @Test func whatTheProgramCannotBeGivenIsSaid() throws {
    let module = try module(WasmBinary.returning(3))
    let missing = WASISettings(directories: [.init(host: "/does/not/exist", guest: "/")])
    #expect(throws: RunError.directoryUnusable("/does/not/exist")) { try Instance(module, wasi: missing) }
    #expect(throws: RunError.notText("a\0b")) { try Instance(module, wasi: WASISettings(arguments: ["a\0b"])) }
  }
}
