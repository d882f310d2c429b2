import Glibc
import LinuxIO
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
  private static let identity = EngineIdentity(
    settings: EngineSettings(backend: .winch), compatibility: CompatibilityRecord(bytes: [0, 2, 0x35, 0x30]),
    libraryBuild: [1])

  /// As many modules as it takes, all of them in the cache.
  init() throws {
    files = try ScannedFiles((0..<LookUpStage.fewest).map { "\($0)" })
    cache = try CacheDirectory(making: files.directory("cache"))
    contents = files.jobs.map(\.content)
    let writer = try EngineWriter(EngineDirectory(Self.identity, in: cache), Publisher(cache))
    for content in contents {
      try Array(content.path.string.utf8).withUnsafeBytes { bytes in try writer.publish(bytes, for: content.facts.hash)
      }
    }
  }

  private var directory: EngineDirectory { EngineDirectory(Self.identity, in: cache) }

  /// A look a minute from now, when the directories have settled, and what it leaves to the next.
  private func lookUp(looksAtEach: Bool = false, of contents: [ModuleContent]? = nil, isReadOnly: Bool = false)
    throws -> EngineLookups
  {
    var memory = RunCatalog(cache, isReadOnly: isReadOnly)
    let lookup = LookUpStage(
      contents: contents ?? self.contents, directories: [directory], lanes: 2, looksAtEach: looksAtEach,
      now: WallClock.now() + 60_000_000_000)
    let found = try lookup.run(&memory)
    if !isReadOnly { #expect(memory.commit() == nil) }
    return found[0]
  }

  private func wasLookedAt(_ lookups: EngineLookups) -> Bool { if case .each = lookups { true } else { false } }

  private func missing(_ lookups: EngineLookups) -> [Int] { contents.indices.filter { lookups[$0] != nil } }

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
  @Test(arguments: [1, LookUpStage.fewest]) func directoriesOfObjectsMustBeOurs(_ modules: Int) throws {
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
    var memory = RunCatalog(nil, isReadOnly: true)
    let found = try LookUpStage(contents: contents, directories: [nil], lanes: 2).run(&memory)
    #expect(contents.indices.allSatisfy { found[0][$0] == .newModule })
  }

  @Test func engineByEngine() throws {
    let other = EngineIdentity(
      settings: EngineSettings(backend: .cranelift), compatibility: Self.identity.compatibility, libraryBuild: [1])
    var memory = RunCatalog(cache, isReadOnly: true)
    _ = try lookUp()
    memory = RunCatalog(cache, isReadOnly: true)
    let found = try LookUpStage(
      contents: contents, directories: [directory, EngineDirectory(other, in: cache)], lanes: 2,
      now: WallClock.now() + 60_000_000_000
    ).run(&memory)
    #expect(!wasLookedAt(found[0]))
    #expect(missing(found[1]).count == contents.count)
  }
}
