import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmCache
import WasmEngine

/// Twenty artifacts, of which single bits are changed: none is ever loaded, each is compiled again.
///
/// `WASMPRECOMPILE_TEST_FLIPS` says how many bits (default 200).
struct BitFlipTests {
  private static let flips = getenv("WASMPRECOMPILE_TEST_FLIPS").flatMap { Int(String(cString: $0)) } ?? 200
  private static let artifacts = 20

  @Test func changedArtifactsAreNeverLoadedAndCompiledAgain() throws {
    let fixture = try HostFixture()
    let modules = (0..<Self.artifacts).map { WasmBinary.returning($0) }
    var random = SeededGenerator(seed: 6)
    var cache = try fixture.open()
    for module in modules { _ = try cache.load(orCompile: module) }
    let objects = try fixture.objects()
    try #require(objects.count == modules.count)
    let size = try Descriptor.status(of: objects[0]).size
    try waitUntilSettled(objects)
    for module in modules { #expect(try cache.load(WasmHash.generate(module)).info.origin == .loaded) }

    var flipped = 0
    while flipped < Self.flips {
      // Now and then another process's view, which knows what is remembered but has nothing open.
      if Bool.random(using: &random) {
        cache.flush()
        cache = try fixture.open()
      }
      for object in try fixture.objects() {
        try object.flipBit(Int.random(in: 0..<8 * min(size, Descriptor.status(of: object).size), using: &random))
        flipped += 1
      }
      for module in modules {
        let hash = WasmHash.generate(module)
        #expect(
          HostFixture.error { () throws(CacheError) in try cache.load(hash, backend: .cranelift) }
            == .missing(hash, .cranelift, .artifactCorrupt))
        #expect(try cache.load(orCompile: module).info.origin == .compiled)
        #expect(try cache.load(hash).info.origin == .loaded)
      }
    }
    #expect(flipped >= Self.flips)
  }

  /// A page that a disk lost, and another module's artifact, which is whole and would run.
  @Test(arguments: [false, true]) func otherBytesAreNeverLoadedEither(areAnothers: Bool) throws {
    let fixture = try HostFixture()
    let module = WasmBinary.returning(1)
    var cache = try fixture.open()
    _ = try cache.load(orCompile: module)
    let object = try #require(try fixture.objects().first)
    _ = try cache.load(orCompile: WasmBinary.returning(2))
    let other = try #require(try fixture.objects().first { $0 != object })
    try waitUntilSettled([object, other])
    #expect(try cache.load(WasmHash.generate(module)).info.origin == .loaded)
    let good = try [UInt8](contentsOf: object)
    var bad = try [UInt8](contentsOf: other)
    if !areAnothers {
      bad = good
      let page = try #require((1..<good.count / 4096).first { good[4096 * $0..<4096 * ($0 + 1)].contains { $0 != 0 } })
      bad.replaceSubrange(4096 * page..<4096 * (page + 1), with: [UInt8](repeating: 0, count: 4096))
    }
    for opensAnew in [false, true] {
      if opensAnew { cache = try fixture.open() }
      try #require(object.withPlatformString { chmod($0, 0o600) } == 0)
      try bad.write(to: object)
      try #require(object.withPlatformString { chmod($0, 0o444) } == 0)
      let hash = WasmHash.generate(module)
      #expect(
        HostFixture.error { () throws(CacheError) in try cache.load(hash, backend: .cranelift) }
          == .missing(hash, .cranelift, .artifactCorrupt))
      #expect(try cache.load(orCompile: module).info.origin == .compiled)
      #expect(try [UInt8](contentsOf: object) == good)
    }
  }

  /// Waits until the racy rule lets results be remembered, so that it is what is remembered that must notice the change.
  private func waitUntilSettled(_ objects: [FilePath]) throws {
    let latest = try objects.map { try Descriptor.status(of: $0).stamp.changed }.max() ?? 0
    while WallClock.now() < latest + 2_000_000_000 { usleep(20_000) }
  }
}
