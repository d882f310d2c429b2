import TestSupport
import Testing
import WasmEngine

@testable import RemoteWorker

/// Settings that mean on every machine what they mean on this one.
@Suite struct ElsewhereTests {
  private func compiler(_ version: String, _ settings: EngineSettings) throws -> ModuleCompiler {
    try ModuleCompiler(library: EngineLibrary(path: EngineUnderTest.library(version)), settings: settings)
  }

  /// For each release, because each names features of its own.
  @Test(arguments: EngineUnderTest.versions, [Backend.cranelift, .winch])
  func theEngineSaysTheSameOfItself(_ version: String, _ backend: Backend) throws {
    // Release 24 has no Winch for all that it has itself.
    guard let here = try? compiler(version, EngineSettings(backend: backend)), let record = try? here.record() else {
      return #expect(version == "24.0.0" && backend == .winch)
    }
    let elsewhere = try #require(here.settings.elsewhere(record))
    #expect(!elsewhere.cpu.isNative && elsewhere.backend == backend)
    let there = try compiler(version, elsewhere)
    #expect(try there.record() == record)
    let module = WasmBinary.returning(7)
    func artifact(_ compiler: ModuleCompiler) throws -> [UInt8] {
      try module.withUnsafeBytes { bytes in
        Result { () throws(EngineError) in
          try compiler.compile(bytes, as: .coreModule, parallel: false) { Array($0) }
        }
      }.get()
    }
    #expect(try artifact(there) == artifact(here))
  }

  @Test func whatIsNamedStays() throws {
    let settings = EngineSettings(backend: .cranelift, cpu: .baseline)
    #expect(settings.elsewhere(CompatibilityRecord(bytes: [])) == settings)
    let pulley = EngineSettings(backend: .pulley)
    #expect(pulley.elsewhere(CompatibilityRecord(bytes: [])) == pulley)
    #expect(EngineSettings(backend: .cranelift).elsewhere(CompatibilityRecord(bytes: [1, 2])) == nil)
  }
}
