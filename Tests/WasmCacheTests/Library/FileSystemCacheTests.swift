import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmCache
import WasmEngine

struct FileSystemCacheTests {
  let fixture: HostFixture
  private let bytes = WasmBinary.returning(42)
  private var module: WasmHash { WasmHash.generate(bytes) }

  init() throws { fixture = try HostFixture() }

  @Test func makesTheDirectoryWithItsParents() throws {
    let cache = try fixture.open()
    #expect(cache.directory == fixture.path)
    let status = try Descriptor.status(of: fixture.path)
    #expect(status.kind == .directory && status.permissions == 0o700)
    let names = Set(try Descriptor.open(fixture.path.appending("v1"), 0).names().map(\.string))
    #expect(names.isSuperset(of: ["objects", "engines"]))
  }

  @Test func whatIsStoredIsLoaded() throws {
    let cache = try fixture.open()
    #expect(
      HostFixture.error { () throws(CacheError) in try cache.load(module) } == .missing(module, .cranelift, .newModule))
    let compiled = try cache.load(orCompile: bytes)
    #expect(compiled.info == Module.Info(backend: .cranelift, origin: .compiled))
    let loaded = try cache.load(module)
    #expect(loaded.info == Module.Info(backend: .cranelift, origin: .loaded))
    #expect(loaded.exports == [ModuleExport(name: "value", kind: .function)])
    #expect(try loaded.serialize() == compiled.serialize())
    #expect(try cache.load(orCompile: bytes).info.origin == .loaded)
  }

  @Test func everyBackendHasAnArtifactOfItsOwn() throws {
    let cache = try fixture.open()
    for backend in Backend.allCases {
      let engine = try cache.engine(backend)
      try cache.store(module, try Module(compiling: bytes, with: engine))
      #expect(try cache.load(module, backend: backend).info.backend == backend)
      #expect(try cache.artifact(of: module, backend: backend).kind == .coreModule)
    }
    let engines = try Descriptor.open(fixture.path.appending("v1/engines"), 0).names().map(\.string)
    #expect(Set(engines.map { String($0.prefix { $0 != "-" }) }) == ["cranelift", "winch", "pulley"])
  }

  @Test func loadFallsBackAlongTheBackends() throws {
    let cache = try fixture.open()
    try cache.store(module, try Module(compiling: bytes, with: try cache.engine(.winch)))
    #expect(try cache.load(module).info.backend == .winch)
    #expect(try cache.load(orCompile: bytes).info == Module.Info(backend: .winch, origin: .loaded))
    #expect(
      HostFixture.error { () throws(CacheError) in try cache.load(module, backends: [.pulley, .cranelift]) }
        == .missing(module, .pulley, .newModule), "the first one's failure")
    #expect(HostFixture.error { () throws(CacheError) in try cache.load(module, backends: []) } == .noBackend)
  }
}
