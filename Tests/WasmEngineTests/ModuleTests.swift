import TestSupport
import Testing

@testable import WasmEngine

struct ModuleTests {
  /// Imports of every kind but tags, which old releases lack, and exports; a vector among the parameters.
  private static let interface =
    WasmBinary.empty
    + WasmBinary.section(1, [0x01, 0x60, 0x01, 0x7b, 0x00])
    + WasmBinary.section(
      2,
      [0x04]
        + WasmBinary.name("env") + WasmBinary.name("log") + [0x00, 0x00]
        + WasmBinary.name("env") + WasmBinary.name("memory") + [0x02, 0x00, 0x01]
        + WasmBinary.name("") + WasmBinary.name("table") + [0x01, 0x70, 0x00, 0x01]
        + WasmBinary.name("env") + WasmBinary.name("größe") + [0x03, 0x7f, 0x00])
    + WasmBinary.section(
      7,
      [0x03] + WasmBinary.name("log again") + [0x00, 0x00] + WasmBinary.name("memory") + [0x02, 0x00]
        + WasmBinary.name("") + [0x03, 0x00])

  private func engine(_ version: String = EngineUnderTest.version, _ backend: Backend = .cranelift) throws -> Engine {
    let library = try EngineLibrary(path: try EngineUnderTest.library(version))
    return try Engine(library: library, settings: EngineSettings(backend: backend), parallel: false)
  }

  /// Asked for their value types, recent releases would abort the process here.
  @Test(arguments: EngineUnderTest.versions) func tellsItsImportsAndExports(_ version: String) throws {
    let module = try Module(compiling: Self.interface, with: engine(version))
    #expect(
      module.imports == [
        ModuleImport(module: "env", name: "log", kind: .function),
        ModuleImport(module: "env", name: "memory", kind: .memory),
        ModuleImport(module: "", name: "table", kind: .table),
        ModuleImport(module: "env", name: "größe", kind: .global),
      ])
    #expect(
      module.exports == [
        ModuleExport(name: "log again", kind: .function), ModuleExport(name: "memory", kind: .memory),
        ModuleExport(name: "", kind: .global),
      ])
  }

  @Test(arguments: EngineUnderTest.versions) func isLoadedFromWhatItSerializesTo(_ version: String) throws {
    let engine = try engine(version)
    let compiled = try Module(compiling: WasmBinary.returning(1), with: engine)
    #expect(compiled.info == Module.Info(backend: .cranelift, origin: .compiled))
    let artifact = try compiled.serialize()
    let directory = try TemporaryDirectory()
    let file = try directory.write(artifact, to: "module.cwasm")
    for loaded in [try Module(artifact: artifact, with: engine), try Module(artifactAt: file, with: engine)] {
      #expect(loaded.info == Module.Info(backend: .cranelift, origin: .loaded))
      #expect(loaded.exports == compiled.exports)
      #expect(try loaded.serialize() == artifact)
    }
  }

  @Test func knowsItsBackend() throws {
    for backend in Backend.libwasmtime {
      #expect(try Module(compiling: WasmBinary.empty, with: engine(backend: backend)).info.backend == backend)
    }
  }

  private func engine(backend: Backend) throws -> Engine { try engine(EngineUnderTest.version, backend) }

  @Test func validationCompilesNothingAndSaysWhatIsWrong() throws {
    let engine = try engine()
    try Module.validate(WasmBinary.returning(1), with: engine)
    // Compiling it would take minutes.
    try Module.validate(WasmBinary.compileBomb, with: engine)
    #expect(
      throws: EngineError.invalidModule(message: "type mismatch: expected i32 but nothing on stack (at offset 0x18)")
    ) { try Module.validate(WasmBinary.invalid, with: engine) }
    let error = #expect(throws: EngineError.self) { try Module(compiling: WasmBinary.invalid, with: engine) }
    #expect(error?.description.hasPrefix("the module is not valid: failed to compile: wasm[0]::function[0]: ") == true)
  }

  @Test func whatIsNoArtifactIsRefused() throws {
    let engine = try engine()
    let directory = try TemporaryDirectory()
    for bytes in [[], [0x7f], WasmBinary.empty, Array(repeating: 0, count: 100)] as [[UInt8]] {
      let file = try directory.write(bytes, to: "file")
      let errors = [
        #expect(throws: ArtifactError.self) { try Module(artifact: bytes, with: engine) },
        #expect(throws: ArtifactError.self) { try Module(artifactAt: file, with: engine) },
      ]
      #expect(errors.allSatisfy { $0?.reason.isEmpty == false && $0?.reason.contains("\n") == false })
    }
    let missing = #expect(throws: ArtifactError.self) { try Module(artifactAt: directory("missing"), with: engine) }
    #expect(missing?.reason.contains("No such file or directory") == true)
  }

  @Test func anotherReleasesArtifactIsRefused() throws {
    let artifact = try Module(compiling: WasmBinary.empty, with: engine("48.0.0")).serialize()
    let error = #expect(throws: ArtifactError.self) { try Module(artifact: artifact, with: engine()) }
    #expect(error?.reason.contains("incompatible") == true, "\(String(describing: error))")
  }

  @Test func manyThreadsShareAnEngineAndAModule() throws {
    let engine = try engine()
    let shared = try Module(compiling: WasmBinary.returning(1), with: engine)
    Concurrently.run(8) { thread in
      #expect(throws: Never.self) {
        for number in 0..<20 {
          let module = try Module(compiling: WasmBinary.returning(thread * 100 + number), with: engine)
          #expect(module.exports == shared.exports)
        }
      }
    }
  }

  @Test func everyErrorReadsAsItsMessage() {
    let expected: [(EngineError, String)] = [
      (.cannotLoad(reason: "file too short"), "the engine cannot be loaded: file too short"),
      (.notWasmtime(missingFunction: "f"), "the engine is not a libwasmtime: it has no function f"),
      (.unsupportedSettings(reason: "why"), "the engine cannot be configured: why"),
      (.componentsUnsupported, "the engine has no component API: release 36 or later has"),
      (.wrongKind(.component), "it is a component, not a core module"),
      (.wrongKind(.coreModule), "it is a core module, not a component"),
      (.invalidModule(message: "why"), "the module is not valid: why"),
      (.cannotSerialize(message: "why"), "the module cannot be serialized: why"),
    ]
    for (error, message) in expected { #expect(error.description == message) }
  }
}
