import SystemPackage
import TestSupport
import Testing

@testable import WasmEngine

struct ComponentTests {
  /// Releases that have components in their C API.
  static let versions = EngineUnderTest.versions.filter { $0 != "24.0.0" }

  static func engine(_ version: String = EngineUnderTest.version, _ backend: Backend = .cranelift) throws -> Engine {
    let library = try EngineLibrary(path: try EngineUnderTest.library(version))
    return try Engine(library: library, settings: EngineSettings(backend: backend), parallel: false)
  }

  @Test(arguments: versions) func isLoadedFromWhatItSerializesTo(_ version: String) throws {
    let engine = try Self.engine(version)
    let compiled = try Component(compiling: WasmText.binary(WasmComponents.failing), with: engine)
    #expect(compiled.info == Module.Info(backend: .cranelift, origin: .compiled))
    let artifact = try compiled.serialize()
    let directory = try TemporaryDirectory()
    let file = try directory.write(artifact, to: "component.cwasm")
    for loaded in [try Component(artifact: artifact, with: engine), try Component(artifactAt: file, with: engine)] {
      #expect(loaded.info == Module.Info(backend: .cranelift, origin: .loaded))
      #expect(try loaded.serialize() == artifact)
      #expect(throws: RunError.exited(status: 1)) { try ComponentInstance(loaded, wasi: WASISettings()).run() }
    }
  }

  @Test func knowsItsBackend() throws {
    for backend in Backend.libwasmtime {
      let component = try Component(compiling: WasmBinary.emptyComponent, with: Self.engine(backend: backend))
      #expect(component.info == Module.Info(backend: backend, origin: .compiled))
    }
  }

  @Test func aReleaseWithoutComponentsSaysSo() throws {
    let engine = try Self.engine("24.0.0")
    #expect(throws: EngineError.componentsUnsupported) {
      try Component(compiling: WasmBinary.emptyComponent, with: engine)
    }
    let reason = "the engine has no component API: release 36 or later has"
    #expect(throws: ArtifactError(reason: reason)) { try Component(artifact: [], with: engine) }
    #expect(throws: ArtifactError(reason: reason)) { try Component(artifactAt: "/does/not/exist", with: engine) }
  }

  @Test(arguments: versions) func aCoreModuleIsNoComponentAndTheOtherWayRound(_ version: String) throws {
    let engine = try Self.engine(version)
    #expect(throws: EngineError.wrongKind(.coreModule)) { try Component(compiling: WasmBinary.empty, with: engine) }
    #expect(throws: EngineError.wrongKind(.component)) {
      try Module(compiling: WasmBinary.emptyComponent, with: engine)
    }
    let module = try Module(compiling: WasmBinary.empty, with: engine).serialize()
    let component = try Component(compiling: WasmBinary.emptyComponent, with: engine).serialize()
    #expect(throws: ArtifactError.self) { try Component(artifact: module, with: engine) }
    #expect(throws: ArtifactError.self) { try Module(artifact: component, with: engine) }
  }

  @Test func whatIsNotValidIsRefused() throws {
    let broken = WasmBinary.emptyComponent + [0x63]
    let failure = #expect(throws: EngineError.self) { try Component(compiling: broken, with: Self.engine()) }
    guard case .invalidModule = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
  }
}

extension ComponentTests {
  private static func engine(backend: Backend) throws -> Engine { try engine(EngineUnderTest.version, backend) }
}
