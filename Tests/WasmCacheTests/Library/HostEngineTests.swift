import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import WasmCache
@testable import WasmEngine

/// Hosts that set something on their engines, or make them themselves.
struct HostEngineTests {
  private let fixture: HostFixture
  private let bytes = WasmBinary.returning(42)
  private var module: WasmHash { WasmHash.generate(bytes) }

  init() throws { fixture = try HostFixture() }

  private func open(
    _ settings: [String], features: FeaturePolicy = .least, access: FileSystemCache.Access = .readWrite
  ) throws -> FileSystemCache {
    try FileSystemCache(
      directory: fixture.path, engine: fixture.library, backends: [.cranelift], features: features,
      configuration: EngineConfiguration(settings), access: access)
  }

  /// An engine that the host made; it is kept alive by the second of the two.
  private func adopted(_ settings: [String]) throws -> (engine: Engine, owner: Engine) {
    let owner = try Engine(
      library: fixture.library,
      settings: EngineSettings(backend: .cranelift, configuration: EngineConfiguration(settings)), parallel: false)
    return (Engine(adopting: owner.handle, of: fixture.library), owner)
  }

  private func directories() throws -> Int {
    try Descriptor.open(fixture.path.appending("v1/engines"), 0).names().count
  }

  @Test(arguments: [
    ["fuel"], ["epoch-interruption"], ["memory-reservation=0", "memory-guard-size=0"], ["gc-support=n"],
  ])
  func aConfigurationHasArtifactsOfItsOwn(settings: [String]) throws {
    #expect(try open(settings).load(orCompile: bytes).info.origin == .compiled)
    #expect(try open(settings).load(module).info.origin == .loaded)
    #expect(
      HostFixture.error { () throws(CacheError) in try fixture.open().load(module) }
        == .missing(module, .cranelift, .newTarget))
  }

  @Test func anEngineThatTheHostMadeFindsWhatWasMadeForItsSettings() throws {
    _ = try open(["fuel", "epoch-interruption"]).load(orCompile: bytes)
    let (engine, owner) = try adopted(["epoch-interruption", "fuel=5"])
    let cache = try FileSystemCache(directory: fixture.path, adopting: engine, access: .readOnly)
    #expect(cache.backends == [.cranelift])
    let loaded = try cache.load(module)
    #expect(loaded.info.origin == .loaded)
    #expect(try Instance(loaded).call("value") == [.i32(42)])
    #expect(try directories() == 1)
    withExtendedLifetime(owner) {}
  }

  /// What such an engine compiles may assume everything that it has, so that it is kept apart.
  @Test func anEngineThatTheHostMadeCompilesForItself() throws {
    let (engine, owner) = try adopted(["fuel"])
    let cache = try FileSystemCache(directory: fixture.path, adopting: engine)
    #expect(try cache.load(orCompile: bytes).info.origin == .compiled)
    #expect(try cache.load(orCompile: bytes).info.origin == .loaded)
    #expect(try open(["fuel"], features: .all).load(module).info.origin == .loaded)
    // Others load it, too, as long as nobody has made a better one.
    #expect(try open(["fuel"]).load(module).info.origin == .loaded)
    withExtendedLifetime(owner) {}
  }

  @Test func whatTheLibraryCompilesLoadsWhereThereIsLess() throws {
    let cache = try fixture.open()
    _ = try cache.load(orCompile: bytes)
    let artifact = try cache.artifact(of: module, backend: .cranelift)
    let poor = try Engine(
      library: fixture.library,
      settings: EngineSettings(
        backend: .cranelift, configuration: EngineConfiguration(["gc-support=n", "threads=n", "tail-call=n"])),
      parallel: false)
    _ = try Module(artifactAt: artifact.path, with: poor)
  }

  /// A module that a program compiled itself may assume everything.
  @Test func whatIsStoredIsKeptApartFromWhatAssumesLittle() throws {
    let cache = try fixture.open()
    try cache.store(module, try Module(compiling: bytes, with: cache.engine(.cranelift)))
    #expect(try cache.load(module).info.origin == .loaded)
    #expect(try open([], features: .all).load(module).info.origin == .loaded)
    let directories = try Descriptor.open(fixture.path.appending("v1/engines"), 0).names()
    let path = fixture.path.appending("v1/engines").appending(directories[0])
    #expect(EngineDescription(in: try Descriptor.open(path, 0))?.features == "all")
  }

  @Test func aSettingThatTheReleaseLacksIsAnError() throws {
    let old = try EngineLibrary(path: EngineUnderTest.library("24.0.0"))
    let cache = try FileSystemCache(
      directory: fixture.path, engine: old, configuration: EngineConfiguration(["gc-support=n"]))
    #expect(
      HostFixture.error { () throws(CacheError) in try cache.load(module, backend: .cranelift) }
        == .unsupportedBackend(
          .cranelift,
          reason: "the engine cannot be configured: this release cannot be given gc-support through its C API: "
            + "releases since 43 can"))
  }
}
