import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

/// What a host is told, word for word.
struct CacheErrorTests {
  let fixture: HostFixture
  private let bytes = WasmBinary.returning(42)
  private var module: WasmHash { WasmHash.generate(bytes) }

  init() throws { fixture = try HostFixture() }

  private func message(_ body: () throws(CacheError) -> some Any) -> String? { HostFixture.error(body)?.description }

  // MARK: Opening

  @Test func fileInPlaceOfTheDirectory() throws {
    let file = try fixture.directory.write("", to: "a")
    #expect(
      message { () throws(CacheError) in try fixture.open() }
        == "\(file): is not a directory: choose another place, or remove it")
    #expect(
      message { () throws(CacheError) in try fixture.open(.readOnly) }
        == "\(file): is not a directory: choose another place, or remove it")
  }

  @Test func nothingToReadOnly() throws {
    #expect(
      message { () throws(CacheError) in try fixture.open(.readOnly) }
        == "\(fixture.path): cannot open the cache: there is none: make one with `wasmprecompile`")
    #expect(throws: SystemError.self, "and none was made") { try Descriptor.status(of: fixture.path) }
  }

  @Test func directoryThatCannotBeWritten() throws {
    _ = try fixture.open()
    // Nobody else may write, nor may the user who has no other privileges.
    _ = try Tool.shell("chmod -R go+rX \"$1\" && chmod a-w \"$1\"/a/b/cache/v1/*", [fixture.directory.path.string])
    let fixture = fixture
    let messages = Unprivileged.run {
      [FileSystemCache.Access.readWrite, .readOnly].map { access in
        HostFixture.error { () throws(CacheError) in try fixture.open(access) }?.description
      }
    }
    #expect(
      messages == [
        "\(fixture.path): cannot be written to: permission denied: open the cache for reading only, or choose another directory",
        nil,
      ])
  }

  @Test func directoryThatOthersCanWrite() throws {
    _ = try fixture.open()
    _ = fixture.path.withPlatformString { chmod($0, 0o777) }
    for access in [FileSystemCache.Access.readOnly, .readWrite] {
      #expect(
        message { () throws(CacheError) in try fixture.open(access) }
          == "\(fixture.path): can be written by other users: whoever writes there decides what code runs; "
          + "`chmod -R go-w \(fixture.path)` if they did no harm, or trust them")
    }
  }

  // MARK: Loading

  @Test func everyMiss() throws {
    let cache = try fixture.open()
    #expect(
      message { () throws(CacheError) in try cache.load(module) }
        == "the cache has no artifact for cranelift of module \(module): new module")
    #expect(
      message { () throws(CacheError) in try cache.load(module, backends: []) } == "the list of backends is empty")
  }

  /// What is stored is as it was stored, but not what it should be.
  private func store(_ artifact: [UInt8]) throws -> FilePath {
    let part = try fixture.open().part(.cranelift)
    let cache = try CacheDirectory(making: fixture.path)
    let directory = EngineDirectory(part.identity, in: cache)
    let writer = try EngineWriter(directory, Publisher(cache))
    try writer.publish(artifact, for: module)
    return directory.entryPath(module)
  }

  private func loading() -> String? {
    message { () throws(CacheError) in try fixture.open().load(module, backend: .cranelift) }
  }

  @Test func artifactsThatAreNone() throws {
    var entry = try store([1, 2, 3])
    #expect(loading() == "\(entry): is not an artifact: it has 3 bytes")
    entry = try store(WasmBinary.empty + Array(repeating: 0, count: 100))
    #expect(loading() == "\(entry): is not an artifact: it starts with 00 61 73 6d, not with 7f 45 4c 46")
  }

  @Test func artifactOfAnotherEngine() throws {
    let other = try EngineLibrary(path: try EngineUnderTest.library("48.0.0"))
    let engine = try Engine(library: other, settings: EngineSettings(backend: .cranelift), parallel: false)
    let entry = try store(Module(compiling: bytes, with: engine).serialize())
    #expect(loading() == "\(entry): holds code for another engine: compile the module again")
    #expect(try fixture.open().load(orCompile: bytes).info.origin == .compiled)
    #expect(loading() == nil)
  }

  @Test func artifactThatTheEngineRefuses() throws {
    var artifact = try fixture.open().load(orCompile: bytes).serialize()
    // Still an artifact of this engine by its record, but its account of itself makes no sense.
    let place = try artifact.withUnsafeBytes { bytes in
      let section = try #require(ELFFile(bytes)?.section(named: ".wasmtime.info"))
      return try #require(section.baseAddress) - #require(bytes.baseAddress)
    }
    for index in place..<place + 16 { artifact[index] = 0xff }
    let entry = try store(artifact)
    let failure = HostFixture.error { () throws(CacheError) in try fixture.open().load(module, backend: .cranelift) }
    guard case .deserialize(entry, let reason) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(!reason.isEmpty && !reason.contains("\n"))
    #expect(failure?.description == "\(entry): cannot be loaded: \(reason)")
  }

  // MARK: Storing

  @Test func moduleOfAnotherEngine() throws {
    let cache = try fixture.open()
    let other = try EngineLibrary(path: try EngineUnderTest.library("48.0.0"))
    let engines = [
      try Engine(library: other, settings: EngineSettings(backend: .cranelift), parallel: false),
      try Engine(
        library: fixture.library, settings: EngineSettings(backend: .cranelift, optimization: .none), parallel: false),
    ]
    for engine in engines {
      #expect(
        message { () throws(CacheError) in try cache.store(module, Self.compile(bytes, engine)) }
          == "the module cannot be stored: it was compiled by another engine than the cache's, or with other settings")
    }
  }

  private static func compile(_ bytes: [UInt8], _ engine: Engine) throws(CacheError) -> Module {
    do { return try Module(compiling: bytes, with: engine) } catch { throw .compile(error) }
  }

  @Test func storingWhatWasOpenedForReading() throws {
    let module = try fixture.open().load(orCompile: bytes)
    #expect(
      message { () throws(CacheError) in try fixture.open(.readOnly).store(self.module, module) }
        == "\(fixture.path): cannot be written to: it was opened for reading only")
  }

  // MARK: System calls

  private static let canMount: Bool =
    (try? Tool.shell("unshare --map-root-user --mount mount -t tmpfs none /mnt")) != nil

  /// A host has to make room for the one, and to ask somebody for the other.
  @Test(.needs(canMount, "root or user name spaces (unshare --map-root-user --mount)"))
  func diskThatIsFull() throws {
    let directory = try fixture.directory.makeDirectory("disk")
    let mount = #"mount -t tmpfs -o size=900k,mode=700 none "$1""#
    let text = try Tool.shell(
      #"unshare --map-root-user --mount sh -euc '\#(mount); exec "$2" store-until-full "$1" "$3"' sh "$@""#,
      [directory.string, CatalogHelperProcess.path, EngineUnderTest.library().string])
    #expect(text == "no space below \(directory)/v1/objects\n")
  }

  @Test func directoryThatCannotBeSearched() throws {
    _ = try fixture.open().load(orCompile: bytes)
    let engine = try Tool.shell(
      "cd \"$1\" && chmod -R go+rX . && chmod 0 v1/engines/* && echo v1/engines/*", [fixture.path.string])
    let fixture = fixture
    let module = module
    _ = try Tool.shell("chmod go+X \"$1\" \"$1/a\" \"$1/a/b\"", [fixture.directory.path.string])
    let failure = Unprivileged.run {
      HostFixture.error { () throws(CacheError) in try fixture.open(.readOnly).load(module, backend: .cranelift) }
    }
    let entry = fixture.path.appending("\(engine.dropLast())/\(module).cwasm")
    #expect(failure == .io(entry, operation: "read the entry", .permissionDenied))
    #expect(failure?.description == "\(entry): cannot read the entry: permission denied")
  }

  @Test func limitOfOpenFilesIsNamedWithWhatRaisesIt() {
    let failure = CacheError.io("/cache", operation: "open", .tooManyOpenFiles)
    #expect(failure.description == "/cache: cannot open: too many open files, raise the limit (ulimit -n)")
  }

  // MARK: Backends

  @Test func backendsThatAnOldReleaseLacks() throws {
    let old = try HostFixture(release: "24.0.0")
    let cache = try old.open()
    #expect(
      message { () throws(CacheError) in try cache.load(module, backend: .pulley) }
        == "the engine has no backend pulley: this release does not know it")
    #expect(
      message { () throws(CacheError) in try cache.load(module, backend: .winch) }
        == "the engine has no backend winch: this release would silently compile with cranelift instead")
    #expect(try cache.load(orCompile: bytes).info.origin == .compiled)
    #expect(try cache.load(module).info.origin == .loaded)
  }

  @Test func moduleThatDoesNotCompile() throws {
    let cache = try fixture.open()
    let failure = HostFixture.error { () throws(CacheError) in try cache.load(orCompile: WasmBinary.invalid) }
    guard case .compile(.invalidModule(let message)) = failure else {
      Issue.record("\(String(describing: failure))")
      return
    }
    #expect(failure?.description == "the module is not valid: \(message)")
    #expect(failure?.path == nil)
  }
}
