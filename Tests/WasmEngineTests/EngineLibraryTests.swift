import SystemPackage
import TestSupport
import Testing

@testable import WasmEngine

struct EngineLibraryTests {
  let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test(arguments: EngineUnderTest.versions) func loadsEverySupportedRelease(_ version: String) throws {
    let library = try EngineLibrary(path: try EngineUnderTest.library(version))
    #expect(library.supportsComponents == (version != "24.0.0"))
  }

  @Test func fileThatIsNoLibraryIsRefusedInTheLinkersWords() throws {
    let text = try directory.write(String(repeating: "not a library. ", count: 100), to: "text.so")
    #expect(throws: EngineError.cannotLoad(reason: "invalid ELF header")) { _ = try EngineLibrary(path: text) }
    let empty = try directory.write("", to: "empty.so")
    #expect(throws: EngineError.cannotLoad(reason: "file too short")) { _ = try EngineLibrary(path: empty) }
    let missing = directory("missing.so")
    #expect(throws: EngineError.cannotLoad(reason: "no such file or directory")) {
      _ = try EngineLibrary(path: missing)
    }
  }

  @Test func otherLibraryIsToldByTheFirstFunctionThatItLacks() {
    #expect(throws: EngineError.notWasmtime(missingFunction: "wasm_config_new")) {
      _ = try EngineLibrary.load("libm.so.6")
    }
  }

  /// The linker would take one library for another that got its descriptor's number.
  @Test func librariesLoadedOneAfterTheOtherAreTheirOwn() throws {
    var builds: Set<[UInt8]> = []
    for version in EngineUnderTest.versions {
      let library = try EngineLibrary(path: try EngineUnderTest.library(version))
      builds.insert(try library.file.build())
      let record = try Engine(library: library, settings: EngineSettings(backend: .cranelift), parallel: false)
        .compatibilityRecord()
      #expect(version.hasPrefix(record.version))
    }
    #expect(builds.count == EngineUnderTest.versions.count)
  }

  @Test func fileIsOpenedOnceHoweverOftenItIsLoaded() throws {
    let path = try EngineUnderTest.library()
    #expect(try EngineLibrary(path: path).file === EngineLibrary(path: path).file)
  }
}
