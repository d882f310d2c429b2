import SystemPackage
import TestSupport

@testable import WasmEngine

/// Compiles in this process, for tests of what comes out.
enum EngineArtifact {
  static func compile(
    _ module: [UInt8], as kind: ModuleKind = .coreModule, with version: String = EngineUnderTest.version,
    _ settings: EngineSettings = EngineSettings(backend: .cranelift), parallel: Bool = false
  ) throws -> [UInt8] {
    let library = try EngineLibrary(path: try EngineUnderTest.library(version))
    let engine = try Engine(library: library, settings: settings, parallel: parallel)
    return try module.withUnsafeBytes { bytes in
      try engine.compile(bytes, as: kind) { Array($0) }
    }
  }

  /// The artifact of the empty module.
  static func empty(of version: String) throws -> [UInt8] { try compile(WasmBinary.empty, with: version) }

  static func record(
    of version: String, _ settings: EngineSettings = EngineSettings(backend: .cranelift)
  ) throws -> CompatibilityRecord {
    let library = try EngineLibrary(path: try EngineUnderTest.library(version))
    return try Engine(library: library, settings: settings, parallel: false).compatibilityRecord()
  }
}
