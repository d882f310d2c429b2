import Glibc
import LinuxIO
import PrecompilerTestSupport
import SystemPackage
import TestSupport
import Testing

@testable import Precompiler
@testable import WasmCache
@testable import WasmEngine

/// When entries are looked at, and when the cache's directories say enough.
struct LookUpStageTests {
  private let files: ScannedFiles
  private let cache: CacheDirectory
  private let contents: [ModuleContent]
  private static let identity = ArtifactIdentity(
    settings: EngineSettings(backend: .winch), compatibility: CompatibilityRecord(bytes: [0, 2, 0x35, 0x30]),
    libraryBuild: [1])

  /// As many modules as it takes, all of them in the cache.
  init() throws {
    files = try ScannedFiles((0..<TargetLookups.fewest).map { "\($0)" })
    cache = try CacheDirectory(making: files.directory("cache"))
    contents = files.jobs.map(\.content)
    let writer = try EngineWriter(EngineDirectory(Self.identity, in: cache), Publisher(cache))
    for content in contents {
      try Self.artifact(content.path.string).withUnsafeBytes { bytes in
        try writer.publish(bytes, for: content.facts.hash)
      }
    }
  }

  private static func artifact(_ code: String, record: [UInt8] = identity.record) -> [UInt8] {
    ELFImage(sections: [
      .init(name: CompatibilityRecord.sectionName, contents: record), .init(name: ".text", contents: Array(code.utf8)),
    ]).bytes
  }

  private var directory: EngineDirectory { EngineDirectory(Self.identity, in: cache) }

  /// A look a minute from now, when the directories have settled, and what it leaves to the next.
  private func lookUp(looksAtEach: Bool = false, of contents: [ModuleContent]? = nil, isReadOnly: Bool = false)
    throws -> TargetLookups
  {
    var catalog = RunCatalog(cache, isReadOnly: isReadOnly)
    let found = try stage([Self.identity], of: contents, looksAtEach: looksAtEach).run(catalog)
    catalog.remember(found)
    if !isReadOnly { #expect(catalog.commit() == nil) }
    return found[0]
  }

  private func stage(
    _ identities: [ArtifactIdentity], of contents: [ModuleContent]? = nil, looksAtEach: Bool = false,
    in caches: OpenCaches? = nil
  ) -> LookUpStage {
    let caches = caches ?? OpenCaches(own: cache)
    let targets = identities.enumerated().map { order, identity in
      CompileTarget(FakeToolchain("fake"), wish: 0, identity: identity, order: order, caches: caches)
    }
    return LookUpStage(
      contents: contents ?? self.contents, targets: targets, caches: caches, lanes: 2, looksAtEach: looksAtEach,
      now: WallClock.now() + 60_000_000_000)
  }

  private func wasLookedAt(_ lookups: TargetLookups) -> Bool { lookups.isLookedAt }

  private func missing(_ lookups: TargetLookups) -> [Int] { contents.indices.filter { lookups[$0] != nil } }

  private func remove(_ path: FilePath) throws { try Descriptor.open(cache.path, 0).remove(path) }

  @Test func entriesAreLookedAtOnce() throws {
    let first = try lookUp()
    #expect(wasLookedAt(first) && missing(first).isEmpty)
    let second = try lookUp()
    #expect(!wasLookedAt(second) && missing(second).isEmpty)
    #expect(try !wasLookedAt(lookUp(isReadOnly: true)))
  }

  @Test func whoeverWantsToLooksAtEach() throws {
    _ = try lookUp()
    #expect(try wasLookedAt(lookUp(looksAtEach: true)))
  }

  @Test func fewModulesAreLookedAtAlways() throws {
    let few = Array(contents.dropLast())
    _ = try lookUp(of: few)
    #expect(try wasLookedAt(lookUp(of: few)))
  }

  @Test func anEntryThatGoesIsMissed() throws {
    _ = try lookUp()
    try remove(directory.entryPath(contents[5].facts.hash))
    #expect(try missing(lookUp()) == [5])
    #expect(try missing(lookUp()) == [5], "and not forgotten")
  }

  @Test func anObjectThatGoesIsMissed() throws {
    _ = try lookUp()
    let entry = directory.entryPath(contents[7].facts.hash)
    let target = try Descriptor.open(cache.path, 0).symbolicLinkTarget(entry)
    try remove(entry.removingLastComponent().pushing(FilePath(bytes: target)))
    let lookups = try lookUp()
    #expect(missing(lookups) == [7])
    #expect(lookups[7] == .evicted)
  }

  /// Its object is whole, and good for the engine that made it.
  @Test func anEntryOfAnotherEnginesArtifactIsNone() throws {
    _ = try lookUp()
    let writer = try EngineWriter(directory, Publisher(cache))
    try Self.artifact("code", record: [0, 2, 0x34, 0x39]).withUnsafeBytes { bytes in
      try writer.publish(bytes, for: contents[4].facts.hash)
    }
    for _ in 1...2 {
      let lookups = try lookUp()
      #expect(missing(lookups) == [4])
      #expect(lookups[4] == .otherEngine)
    }
  }

  @Test func aLinkThatLeadsOutOfTheCacheIsNoEntry() throws {
    let outside = try files.directory.write("bytes", to: "outside")
    let entry = directory.entryPath(contents[3].facts.hash)
    try remove(entry)
    try Descriptor.open(cache.path, 0).makeSymbolicLink(entry, to: outside.string)
    let lookups = try lookUp()
    #expect(missing(lookups) == [3])
    #expect(lookups[3] == .artifactCorrupt)
  }

  /// However few modules are looked up: what lies in them decides what a user's runtime executes.
  @Test(arguments: [1, TargetLookups.fewest]) func directoriesOfObjectsMustBeOurs(_ modules: Int) throws {
    let entry = directory.entryPath(contents[0].facts.hash)
    let target = try Descriptor.open(cache.path, 0).symbolicLinkTarget(entry)
    let objects = FilePath(bytes: target).components.dropLast().last.map {
      cache.path.appending("v1/objects").appending($0)
    }
    for path in [try #require(objects), directory.path] {
      try #require(path.withPlatformString { chmod($0, 0o770) } == 0)
      #expect(throws: CacheError.writableByOthers(path, permissions: 0o770)) {
        try lookUp(of: Array(contents.prefix(modules)))
      }
      try #require(path.withPlatformString { chmod($0, 0o700) } == 0)
    }
    #expect(try missing(lookUp()).isEmpty)
  }

  @Test func withoutACacheEverythingIsNew() throws {
    let found = try stage([Self.identity], in: OpenCaches(own: nil)).run(RunCatalog(nil, isReadOnly: true))
    #expect(contents.indices.allSatisfy { found[0][$0] == .newModule })
  }

  @Test func engineByEngine() throws {
    let other = ArtifactIdentity(
      settings: EngineSettings(backend: .cranelift), compatibility: CompatibilityRecord(bytes: Self.identity.record),
      libraryBuild: [1])
    _ = try lookUp()
    let found = try stage([Self.identity, other]).run(RunCatalog(cache, isReadOnly: true))
    #expect(!wasLookedAt(found[0]))
    #expect(missing(found[1]).count == contents.count)
  }
}
