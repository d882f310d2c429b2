import TestSupport
import Testing

@testable import WasmEngine

struct EngineTests {
  private func isELF(_ bytes: [UInt8]) -> Bool { bytes.starts(with: [0x7f, 0x45, 0x4c, 0x46]) }

  @Test(arguments: Backend.libwasmtime) func compilesWithEveryBackend(_ backend: Backend) throws {
    let settings = EngineSettings(backend: backend)
    let one = try EngineArtifact.compile(WasmBinary.returning(1), settings)
    #expect(isELF(one))
    #expect(try EngineArtifact.compile(WasmBinary.returning(2), settings) != one)
    #expect(
      try EngineArtifact.compile(WasmBinary.returning(1), settings, parallel: true) == one, "threads change nothing")
  }

  @Test(arguments: EngineUnderTest.versions) func invalidModuleIsRefusedOnOneLine(_ version: String) throws {
    let error = #expect(throws: EngineError.self) {
      _ = try EngineArtifact.compile(WasmBinary.invalid, with: version)
    }
    let prefix = version == "24.0.0" ? "" : "failed to compile: wasm[0]::function[0]: "
    #expect(
      error
        == .invalidModule(
          message: prefix + "WebAssembly translation error: Invalid input WebAssembly code at offset 24: "
            + "type mismatch: expected i32 but nothing on stack"))
  }

  @Test func moduleThatIsCutShortIsRefused() throws {
    let module = Array(WasmBinary.returning(1).dropLast())
    #expect(
      throws: EngineError.invalidModule(
        message: "failed to parse WebAssembly module: unexpected end-of-file (at offset 0x22)")
    ) { _ = try EngineArtifact.compile(module) }
    #expect(throws: EngineError.self) { _ = try EngineArtifact.compile([]) }
  }

  @Test func componentsNeedARecentRelease() throws {
    let component = WasmBinary.emptyComponent
    #expect(throws: EngineError.componentsUnsupported) {
      _ = try EngineArtifact.compile(component, as: .component, with: "24.0.0")
    }
    for version in ["36.0.0", "48.0.0", "50.0.1"] {
      #expect(isELF(try EngineArtifact.compile(component, as: .component, with: version)))
    }
  }

  @Test func moduleIsNoComponentAndTheOtherWayRound() throws {
    #expect(throws: EngineError.wrongKind(.coreModule)) {
      _ = try EngineArtifact.compile(WasmBinary.empty, as: .component)
    }
    #expect(throws: EngineError.wrongKind(.component)) {
      _ = try EngineArtifact.compile(WasmBinary.emptyComponent, as: .coreModule)
    }
  }

  /// An engine compiles hostile bytes without ending the process, or the tests would end here.
  @Test func mutatedModulesCompileOrAreRefused() throws {
    var random = SeededGenerator(seed: 3)
    let library = try EngineLibrary(path: try EngineUnderTest.library())
    let engine = try Engine(library: library, settings: EngineSettings(backend: .winch), parallel: false)
    var refused = 0
    for _ in 0..<300 {
      let module = random.mutating(WasmBinary.returning(7))
      do throws(EngineError) {
        let compile = { (bytes: UnsafeRawBufferPointer) in
          Result { () throws(EngineError) in try engine.compile(bytes, as: .coreModule) { $0.count } }
        }
        #expect(try module.withUnsafeBytes(compile).get() > 0)
      } catch {
        refused += 1
        // The bit that makes a component of a module.
        if error == .wrongKind(.component) { continue }
        guard case .invalidModule(let message) = error else {
          Issue.record("\(error)")
          continue
        }
        #expect(!message.contains("\n"))
      }
    }
    #expect(refused > 50)
  }
}
