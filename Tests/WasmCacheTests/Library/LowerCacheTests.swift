import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

/// A host whose cache lies above others that are only read.
struct LowerCacheTests {
  private let upper: HostFixture
  private let below: HostFixture
  private let bytes = WasmBinary.returning(42)
  private var module: WasmHash { WasmHash.generate(bytes) }

  init() throws {
    upper = try HostFixture()
    below = try HostFixture()
    _ = try below.open().load(orCompile: bytes)
  }

  private func open(
    _ access: FileSystemCache.Access = .readWrite, lower: [FilePath]? = nil
  ) throws(CacheError) -> FileSystemCache {
    try FileSystemCache(
      directory: upper.path, engine: upper.library, access: access, lowerCaches: lower ?? [below.path])
  }

  @Test func loadsWhatALowerCacheHasAndChangesNothingInIt() throws {
    let before = try below.listing()
    let cache = try open()
    #expect(cache.lowerCacheTroubles.isEmpty)
    #expect(try cache.load(module).info.origin == .loaded)
    #expect(try cache.load(orCompile: bytes).info.origin == .loaded)
    cache.flush()
    #expect(try below.listing() == before)
    #expect(try upper.objects().isEmpty, "it is used where it lies")
    #expect(try open(.readOnly).load(module).info.origin == .loaded)
  }

  @Test func aFlippedBitIsRefusedAndCompiledAbove() throws {
    try #require(try below.objects().first).flipBit(5000)
    let before = try below.listing()
    let cache = try open()
    #expect(
      HostFixture.error { () throws(CacheError) in try cache.load(module) } == .missing(module, .cranelift, .newModule))
    #expect(try cache.load(orCompile: bytes).info.origin == .compiled)
    #expect(try cache.load(module).info.origin == .loaded)
    #expect(try upper.objects().count == 1)
    #expect(try below.listing() == before, "nothing is moved aside there")
  }

  @Test func theFirstThatHasAnArtifactIsUsed() throws {
    let empty = try HostFixture()
    _ = try empty.open()
    #expect(try open(lower: [empty.path, below.path]).load(module).info.origin == .loaded)
  }

  @Test func oneThatCannotBeUsedCostsNothingElse() throws {
    let missing = upper.directory("missing")
    let cache = try open(lower: [missing, below.path])
    #expect(cache.lowerCacheTroubles == [.io(missing, operation: "open the lower cache", .noSuchFileOrDirectory)])
    #expect(try cache.load(module).info.origin == .loaded)
  }

  /// Whoever can write there decides what code runs.
  @Test func oneThatOthersMayWriteToIsNotUsed() throws {
    try Descriptor.open(below.path, 0).setMode(0o777)
    let cache = try open()
    #expect(cache.lowerCacheTroubles == [.writableByOthers(below.path, permissions: 0o777)])
    #expect(throws: CacheError.missing(module, .cranelift, .newModule)) { try cache.load(module) }
  }
}
