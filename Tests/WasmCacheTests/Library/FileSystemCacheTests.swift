import LinuxIO
import Synchronization
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
    let compiled = try Module(compiling: bytes, with: try cache.engine(.cranelift))
    try cache.store(module, compiled)
    let loaded = try cache.load(module)
    #expect(loaded.info == Module.Info(backend: .cranelift, origin: .loaded))
    #expect(loaded.exports == [ModuleExport(name: "value", kind: .function)])
    #expect(try loaded.serialize() == compiled.serialize())
  }

  @Test func missIsCompiledAndPublishedForAll() throws {
    let cache = try fixture.open()
    #expect(try cache.load(orCompile: bytes).info == Module.Info(backend: .cranelift, origin: .compiled))
    #expect(try cache.load(orCompile: bytes).info.origin == .loaded)
    #expect(try fixture.open().load(orCompile: bytes).info.origin == .loaded)
    #expect(try fixture.open(.readOnly).load(module).info.origin == .loaded)
  }

  @Test func everyBackendHasAnArtifactOfItsOwn() throws {
    let cache = try fixture.open()
    for backend in Backend.libwasmtime {
      try cache.store(module, try Module(compiling: bytes, with: try cache.engine(backend)))
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
        == .missing(module, .pulley, .newTarget), "the first one's failure")
  }

  /// The tool's identity of an engine and the library's must be the same, or neither finds what the other stored.
  @Test(arguments: ["24.0.0", "36.0.0", "48.0.0", "50.0.1"]) func findsWhatTheToolCompiled(_ version: String) throws {
    let file = try fixture.directory.write(bytes, to: "module.wasm")
    let engine = try EngineUnderTest.library(version)
    let backends: [Backend] = ["24.0.0", "36.0.0"].contains(version) ? [.cranelift] : [.cranelift, .winch]
    try fixture.precompile(file, backends, with: engine)
    let library = try EngineLibrary(path: engine)
    for access in [FileSystemCache.Access.readOnly, .readWrite] {
      let cache = try FileSystemCache(directory: fixture.path, engine: library, access: access)
      #expect(try cache.load(fileAt: file).info == Module.Info(backend: .cranelift, origin: .loaded))
      for backend in backends { #expect(try cache.load(module, backend: backend).info.backend == backend) }
    }
    try Descriptor.open(fixture.path.appending("v1"), 0).remove("catalog.sqlite")
    let cache = try FileSystemCache(directory: fixture.path, engine: library, access: .readOnly)
    #expect(try cache.load(module).info.origin == .loaded, "without a catalog, too")
  }

  // MARK: Trouble with the cache

  @Test func corruptArtifactIsCompiledAgain() throws {
    let cache = try fixture.open()
    _ = try cache.load(orCompile: bytes)
    try fixture.objects()[0].flipBit(50_000)
    let failure = HostFixture.error { () throws(CacheError) in try fixture.open(.readOnly).load(module) }
    #expect(failure == .missing(module, .cranelift, .artifactCorrupt))
    #expect(try cache.load(orCompile: bytes).info.origin == .compiled)
    #expect(try cache.load(module).info.origin == .loaded)
    cache.flush()
    #expect(fixture.tally.misses.filter { $0.value > 0 } == [.newModule: 1, .artifactCorrupt: 1])
  }

  @Test func readOnlyCacheIsLoadedFromAndLeftAsItIs() throws {
    _ = try fixture.open().load(orCompile: bytes)
    let before = try fixture.listing()
    let cache = try fixture.open(.readOnly)
    #expect(try cache.load(orCompile: bytes).info.origin == .loaded)
    let other = WasmBinary.returning(43)
    #expect(try cache.load(orCompile: other).info.origin == .compiled, "only for the caller")
    let failure = HostFixture.error { () throws(CacheError) in
      try cache.store(module, cache.load(orCompile: other))
    }
    #expect(failure == .notWritable(fixture.path, reason: "it was opened for reading only"))
    cache.flush()
    #expect(try fixture.listing() == before)
  }

  @Test func whatCannotBeStoredIsCompiledAllTheSame() throws {
    let cache = try fixture.open()
    try fixture.obstructObjects()
    #expect(try cache.load(orCompile: bytes).info.origin == .compiled)
  }

  @Test func componentsAreOpenedButNotLoadedAsModules() throws {
    let file = try fixture.directory.write(WasmBinary.emptyComponent, to: "component.wasm")
    try fixture.precompile(file)
    let cache = try fixture.open()
    let component = WasmHash.generate(WasmBinary.emptyComponent)
    #expect(try cache.artifact(of: component, backend: .cranelift).kind == .component)
    let failure = HostFixture.error { () throws(CacheError) in
      try cache.load(cache.hash(ofFileAt: file), backends: [.cranelift])
    }
    guard case .component(let path) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(path.lastComponent?.string == "\(component).cwasm")
    #expect(failure?.complaint == "holds a component, not a core module: load it as a component")
  }

  // MARK: Files

  @Test func fileIsKnownByWhatItContains() throws {
    let cache = try fixture.open()
    let file = try fixture.directory.write(bytes, to: "module.wasm")
    #expect(try cache.hash(ofFileAt: file) == module)
    #expect(try cache.load(orCompileFileAt: file).info.origin == .compiled)
    #expect(try cache.load(orCompileFileAt: file).info.origin == .loaded)
    #expect(try cache.load(fileAt: file).info.origin == .loaded)
    // At once, so that the time stamps may be the same.
    for number in 0..<50 {
      let other = WasmBinary.returning(10 + number)
      try other.write(to: file)
      #expect(try cache.hash(ofFileAt: file) == WasmHash.generate(other))
    }
  }

  @Test func fileThatCannotBeReadIsNamed() throws {
    let cache = try fixture.open()
    let missing = fixture.directory("missing.wasm")
    let failures = [missing, fixture.directory.path].map { path in
      HostFixture.error { () throws(CacheError) in try cache.hash(ofFileAt: path) }?.description
    }
    #expect(
      failures == [
        "\(missing): cannot read the module: no such file or directory",
        "\(fixture.directory.path): cannot read the module: it is a directory",
      ])
    let text = try fixture.directory.write("no module", to: "text.wasm")
    let failure = HostFixture.error { () throws(CacheError) in try cache.load(orCompileFileAt: text) }
    guard case .compile(.invalidModule(let message)) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(failure?.description == "the module is not valid: \(message)")
  }

  // MARK: Threads

  @Test func manyThreadsLoadAndStoreAtTheSameTime() throws {
    let cache = try fixture.open()
    let modules = (0..<6).map { WasmBinary.returning($0) }
    let compiled = Mutex(0)
    Concurrently.run(8) { thread in
      #expect(throws: Never.self) {
        for round in 0..<6 {
          let bytes = modules[(thread + round) % modules.count]
          let module = try cache.load(orCompile: bytes)
          if module.info.origin == .compiled { compiled.withLock { $0 += 1 } }
          #expect(module.exports == [ModuleExport(name: "value", kind: .function)])
          if round % 3 == 0 { try cache.store(WasmHash.generate(bytes), module) }
          #expect(try cache.load(WasmHash.generate(bytes)).info.origin == .loaded)
        }
      }
    }
    #expect(try fixture.objects().count == modules.count)
    #expect(compiled.withLock { $0 } == modules.count, "each once")
  }

  @Test func manyValuesShareADirectory() throws {
    let modules = (0..<4).map { WasmBinary.returning($0) }
    let fixture = fixture
    let compiled = Mutex(0)
    Concurrently.run(4) { _ in
      #expect(throws: Never.self) {
        let cache = try fixture.open()
        for bytes in modules {
          if try cache.load(orCompile: bytes).info.origin == .compiled { compiled.withLock { $0 += 1 } }
        }
        for bytes in modules { #expect(try cache.load(WasmHash.generate(bytes)).info.origin == .loaded) }
      }
    }
    #expect(compiled.withLock { $0 } == modules.count, "each once")
  }
}
