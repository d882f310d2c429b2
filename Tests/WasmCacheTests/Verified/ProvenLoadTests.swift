import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

/// Artifacts that are loaded by their path, because their bytes were proven before.
struct ProvenLoadTests {
  private let fixture: HostFixture
  private let module = WasmHash.generate(WasmBinary.returning(42))
  private let engine: Engine
  private let entries: VerifiedEntries
  private let object: FilePath

  init() throws {
    fixture = try HostFixture()
    let cache = try fixture.open()
    _ = try cache.load(orCompile: WasmBinary.returning(42))
    engine = try cache.engine(.cranelift)
    object = try #require(try fixture.objects().first)
    let identity = try engine.identity().with(.least)
    let directory = EngineDirectory(identity, in: try CacheDirectory(making: fixture.path))
    // The clock is ahead, so that the object seems to have settled.
    entries = VerifiedEntries(directory, LoadingCatalog(of: nil, isWritable: false)) {
      WallClock.now() + 10_000_000_000
    }
  }

  private func loadsProven() -> Bool {
    let code: Module? = entries.loadProven(module, with: engine)
    return code?.exports == [ModuleExport(name: "value", kind: .function)]
  }

  @Test func onlyWhatWasProvenIsLoadedByItsPath() throws {
    #expect(!loadsProven())
    _ = try entries.open(module)
    #expect(loadsProven())
    #expect(loadsProven())
  }

  /// What a swap while the engine opens the file leaves behind: the proven file, at another time of change.
  @Test func oneThatWasAwayForAMomentIsNotTheProvenOne() throws {
    _ = try entries.open(module)
    let name = try #require(object.lastComponent).string
    let folder = try Descriptor.open(object.removingLastComponent(), 0)
    let before = try Descriptor.status(of: object).stamp
    // Until the kernel's clock has ticked: it stamps files by a coarse one.
    repeat {
      try folder.rename(name, to: folder, as: "aside")
      try folder.rename("aside", to: folder, as: name)
    } while try Descriptor.status(of: object).stamp == before
    #expect(!loadsProven())
    _ = try entries.open(module)
    #expect(loadsProven())
  }

  @Test func theSameBytesInAnotherFileAreProvenAgain() throws {
    _ = try entries.open(module)
    let bytes = try [UInt8](contentsOf: object)
    let folder = try Descriptor.open(object.removingLastComponent(), 0)
    try folder.remove(object)
    #expect(!loadsProven())
    try bytes.write(to: object)
    #expect(!loadsProven())
  }

  @Test func aLinkToTheProvenOneIsNotIt() throws {
    _ = try entries.open(module)
    let folder = try Descriptor.open(object.removingLastComponent(), 0)
    let name = try #require(object.lastComponent).string
    try folder.rename(name, to: folder, as: "aside")
    try folder.makeSymbolicLink(object, to: "aside")
    #expect(!loadsProven())
  }
}
