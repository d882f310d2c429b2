import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmCache
import WasmEngine

/// Components that a host loads.
struct ComponentCacheTests {
  private let fixture: HostFixture
  private let bytes: [UInt8]
  private let component: WasmHash

  init() throws {
    fixture = try HostFixture()
    bytes = try WasmText.binary(WasmComponents.numbers)
    component = WasmHash.generate(bytes)
  }

  private func value(_ component: Component) throws -> ComponentValue? {
    try ComponentInstance(component).call("u16", [.u16(7)])
  }

  @Test(arguments: EngineUnderTest.versions.filter { $0 != "24.0.0" })
  func isCompiledOnceAndThenLoaded(_ version: String) throws {
    let fixture = try HostFixture(release: version)
    let text = try WasmText.binary(WasmComponents.failing)
    let cache = try fixture.open()
    #expect(try cache.loadComponent(orCompile: text).info.origin == .compiled)
    let loaded = try cache.loadComponent(orCompile: text)
    #expect(loaded.info == Module.Info(backend: .cranelift, origin: .loaded))
    #expect(throws: RunError.exited(status: 1)) { try ComponentInstance(loaded, wasi: WASISettings()).run() }
    // Another process sees the same.
    #expect(try fixture.open(.readOnly).loadComponent(WasmHash.generate(text)).info.origin == .loaded)
    #expect(try fixture.objects().count == 1)
  }

  @Test func isLoadedByHashByFileAndByBackend() throws {
    let cache = try fixture.open()
    let file = try fixture.directory.write(bytes, to: "component.wasm")
    for failure in [
      HostFixture.error({ () throws(CacheError) in try cache.loadComponent(component) }),
      HostFixture.error({ () throws(CacheError) in try cache.loadComponent(fileAt: file) }),
    ] {
      #expect(failure == .missing(component, .cranelift, .newModule))
    }
    #expect(try cache.loadComponent(orCompileFileAt: file).info.origin == .compiled)
    for loaded in [
      try cache.loadComponent(component), try cache.loadComponent(component, backend: .cranelift),
      try cache.loadComponent(fileAt: file), try cache.loadComponent(orCompileFileAt: file),
    ] {
      #expect(loaded.info.origin == .loaded)
      #expect(try value(loaded) == .u16(7))
    }
    #expect(
      HostFixture.error { () throws(CacheError) in try cache.loadComponent(component, backend: .winch) }
        == .missing(component, .winch, .newModule))
  }

  @Test func whatTheToolMadeIsWhatIsLoaded() throws {
    let file = try fixture.directory.write(bytes, to: "component.wasm")
    try fixture.precompile(file, [.winch])
    let loaded = try fixture.open(.readOnly).loadComponent(component)
    #expect(loaded.info == Module.Info(backend: .winch, origin: .loaded))
    #expect(try value(loaded) == .u16(7))
  }

  @Test func isStored() throws {
    let cache = try fixture.open()
    try cache.store(component, Component(compiling: bytes, with: cache.engine(.cranelift)))
    #expect(try cache.loadComponent(component).info.origin == .loaded)
    let other = try HostFixture(release: "48.0.0")
    let foreign = try Component(compiling: bytes, with: other.open().engine(.cranelift))
    #expect(
      HostFixture.error { () throws(CacheError) in try cache.store(component, foreign) }?.description
        == "the module cannot be stored: it was compiled by another engine than the cache's, or with other settings")
  }

  @Test func aFlippedBitIsNeverLoaded() throws {
    let cache = try fixture.open()
    _ = try cache.loadComponent(orCompile: bytes)
    try #require(try fixture.objects().first).flipBit(5000)
    #expect(
      HostFixture.error { () throws(CacheError) in try fixture.open().loadComponent(component) }
        == .missing(component, .cranelift, .artifactCorrupt))
    #expect(try cache.loadComponent(orCompile: bytes).info.origin == .compiled)
    #expect(try value(cache.loadComponent(component)) == .u16(7))
  }

  @Test func isLoadedFromALowerCache() throws {
    let below = try HostFixture()
    _ = try below.open().loadComponent(orCompile: bytes)
    let before = try below.listing()
    let cache = try FileSystemCache(directory: fixture.path, engine: fixture.library, lowerCaches: [below.path])
    #expect(try cache.loadComponent(orCompile: bytes).info.origin == .loaded)
    #expect(try fixture.objects().isEmpty)
    #expect(try below.listing() == before)
  }

  @Test func aCoreModuleIsNoComponentAndTheOtherWayRound() throws {
    let cache = try fixture.open()
    let moduleBytes = WasmBinary.returning(1)
    let module = WasmHash.generate(moduleBytes)
    func check() {
      #expect(
        HostFixture.error { () throws(CacheError) in try cache.loadComponent(orCompile: moduleBytes) }
          == .compile(.wrongKind(.coreModule)))
      #expect(
        HostFixture.error { () throws(CacheError) in try cache.load(orCompile: bytes) }
          == .compile(.wrongKind(.component)))
    }
    check()
    _ = try cache.load(orCompile: moduleBytes)
    _ = try cache.loadComponent(orCompile: bytes)
    check()
    let failure = HostFixture.error { () throws(CacheError) in try cache.loadComponent(module) }
    guard case .coreModule(let path) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(path.lastComponent?.string == "\(module).cwasm" && failure?.path == path)
    #expect(failure?.complaint == "holds a core module, not a component: load it as a module")
  }

  @Test func aReleaseWithoutComponentsSaysSo() throws {
    let old = try HostFixture(release: "24.0.0").open()
    let failure = HostFixture.error { () throws(CacheError) in try old.loadComponent(orCompile: bytes) }
    #expect(failure == .compile(.componentsUnsupported))
  }

  @Test func manyThreadsWantTheSameComponent() throws {
    let cache = try fixture.open()
    Concurrently.run(4) { _ in
      #expect(throws: Never.self) {
        for _ in 0..<5 {
          let value = try value(cache.loadComponent(orCompile: bytes))
          #expect(value == .u16(7))
        }
      }
    }
    cache.flush()
    #expect(fixture.tally.misses.values.reduce(0, +) == 1, "compiled once")
  }
}
