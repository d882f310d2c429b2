import TestSupport
import Testing
import WasmCache
import WasmEngine

struct MemoryCacheTests {
  private let library: EngineLibrary
  private let bytes = WasmBinary.returning(42)
  private var module: WasmHash { WasmHash.generate(bytes) }

  init() throws { library = try EngineLibrary(path: try EngineUnderTest.library()) }

  @Test func keepsWhatIsStored() throws {
    let cache = MemoryCache(engine: library)
    #expect(
      HostFixture.error { () throws(CacheError) in try cache.load(module) } == .missing(module, .cranelift, .newModule))
    let compiled = try cache.load(orCompile: bytes)
    #expect(try cache.load(module) === compiled)
    #expect(try cache.load(orCompile: bytes) === compiled)
    #expect(
      HostFixture.error { () throws(CacheError) in try cache.load(module, backend: .winch) }
        == .missing(module, .winch, .newModule))
    #expect(
      HostFixture.error { () throws(CacheError) in try MemoryCache(engine: library).load(module) } != nil,
      "lasts as long as its value")
  }

  @Test func loadsAlongItsBackends() throws {
    let cache = MemoryCache(engine: library, backends: [.winch, .cranelift])
    let engine = try Engine(library: library, settings: EngineSettings(backend: .cranelift), parallel: false)
    try cache.store(module, try Module(compiling: bytes, with: engine))
    #expect(try cache.load(module).info.backend == .cranelift)
    #expect(try cache.load(orCompile: WasmBinary.empty).info.backend == .winch)
  }

  @Test func saysWhatCannotBeCompiled() throws {
    let invalid = HostFixture.error { () throws(CacheError) in
      try MemoryCache(engine: library).load(orCompile: WasmBinary.invalid)
    }
    guard case .compile = invalid else {
      Issue.record("\(String(describing: invalid))")
      return
    }
    let old = try EngineLibrary(path: try EngineUnderTest.library("24.0.0"))
    #expect(
      HostFixture.error { () throws(CacheError) in
        try MemoryCache(engine: old, backends: [.winch]).load(orCompile: bytes)
      }
        == .unsupportedBackend(.winch, reason: "this release would silently compile with cranelift instead"))
    #expect(
      HostFixture.error { () throws(CacheError) in try MemoryCache(engine: old, backends: []).load(orCompile: bytes) }
        == .noBackend)
  }

  /// A program that is written for any cache is tested with this one.
  @Test func standsInForTheOneOnDisk() throws {
    func run(_ cache: inout some Cache) throws -> Module.Info {
      try cache.store(module, cache.load(orCompile: bytes))
      return try cache.load(module).info
    }
    var memory = MemoryCache(engine: library)
    let fixture = try HostFixture()
    var disk = try fixture.open()
    #expect(try run(&memory) == Module.Info(backend: .cranelift, origin: .compiled))
    #expect(try run(&disk) == Module.Info(backend: .cranelift, origin: .loaded))
  }

  @Test func manyThreadsShareIt() throws {
    let cache = MemoryCache(engine: library)
    Concurrently.run(8) { thread in
      #expect(throws: Never.self) {
        for number in 0..<10 {
          let bytes = WasmBinary.returning(number)
          let module = try cache.load(orCompile: bytes)
          try cache.store(WasmHash.generate(bytes), module)
          #expect(try cache.load(WasmHash.generate(bytes)).exports == module.exports)
        }
      }
    }
  }
}
