import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

/// Every way in which what was found can cease to be there must make another state, or none.
struct DirectoryFingerprintTests {
  private let fixture: CacheFixture
  private let modules = (0..<3).map { WasmHash.generate([UInt8($0)]) }
  private let artifacts = (0..<3).map { Array("artifact \($0)".utf8) }

  init() throws {
    fixture = try CacheFixture()
    let writer = try fixture.writer()
    for (module, artifact) in zip(modules, artifacts) { try writer.publish(artifact, for: module) }
  }

  /// Late enough for the directories to have settled.
  private var later: Int64 { WallClock.now() + 60 * 1_000_000_000 }

  private func state(
    of modules: [WasmHash]? = nil, _ identity: ArtifactIdentity = CacheFixture.identity(), at path: FilePath? = nil,
    now: Int64? = nil, clock: Int64 = StampClock.now()
  ) throws -> DirectoryFingerprint? {
    let cache = try #require(try CacheDirectory.existing(at: path ?? fixture.path))
    let now = now ?? later
    var digest = ModulesDigest()
    for module in modules ?? self.modules { digest.add(module) }
    let layer = (EngineDirectory(identity, in: cache), try ObjectsState(cache, now: now, clock: clock))
    return DirectoryFingerprint(of: digest, in: [layer], now: now, clock: clock)
  }

  /// Says whether a change makes another state.
  private func isNoticed(_ change: () throws -> Void) throws -> Bool {
    let before = try #require(try state())
    try waitForTick()
    try change()
    return try state() != before
  }

  /// Waits until the file system's clock has gone on: tests do at once what takes two seconds in a run.
  private func waitForTick() throws {
    func stamp() throws -> Int64 {
      try fixture.directory.write("", to: "tick")
      return try Descriptor.status(of: fixture.directory("tick")).stamp.modified
    }
    let start = try stamp()
    while try stamp() == start { sched_yield() }
  }

  private func root() throws -> Descriptor { try Descriptor.open(fixture.path, O_RDONLY | O_DIRECTORY) }
  private func v1(_ name: String) -> FilePath { fixture.path.appending("v1").appending(name) }
  private var objectFolder: FilePath { fixture.object(artifacts[0]).removingLastComponent() }

  @Test func isTheSameAsLongAsNothingChanges() throws {
    let state = try #require(try state())
    #expect(try self.state() == state)
    for module in modules { #expect(fixture.reader().lookUp(module) != .absent(.newModule)) }
    #expect(try self.state() == state, "looking changes nothing")
    #expect(try self.state(now: later + 1_000_000_000_000) == state)
  }

  @Test func isAboutTheModulesInTheirOrder() throws {
    let states = [
      try state(), try state(of: modules.reversed()), try state(of: modules.dropLast()),
      try state(of: modules + modules),
    ]
    #expect(Set(states).count == 4 && !states.contains(nil))
  }

  @Test func isTheSameHoweverManyModulesAreHashedTogether() throws {
    let many = (0..<1000).map { WasmHash.generate([UInt8($0 / 256), UInt8($0 % 256)]) }
    #expect(try state(of: many) == state(of: many))
    #expect(try state(of: many) != state(of: many.dropLast()))
    #expect(try state(of: many) != state(of: Array(many[..<511]) + many[512...] + [many[511]]))
  }

  @Test func isAboutOneEngine() throws {
    #expect(try state(of: nil, CacheFixture.identity(build: 2)) == nil, "there is nothing of it yet")
    _ = try fixture.writer(CacheFixture.identity(build: 2))
    let other = try state(of: nil, CacheFixture.identity(build: 2))
    #expect(try other != nil && other != state())
  }

  // MARK: What is noticed

  @Test func anEntryThatGoes() throws {
    #expect(try isNoticed { try root().remove(fixture.reader().entryPath(modules[1])) })
  }

  @Test func anEntryThatLeadsElsewhere() throws {
    #expect(try isNoticed { try fixture.writer().publish(Array("another".utf8), for: modules[1]) })
  }

  @Test func anObjectThatGoes() throws {
    #expect(try isNoticed { try root().remove(fixture.object(artifacts[0])) })
  }

  @Test func anObjectThatIsMovedAside() throws {
    try fixture.corrupt(fixture.object(artifacts[0]), with: [1])
    #expect(try isNoticed { try fixture.cache.verify(repair: true) { _ in } })
  }

  @Test func aDirectoryOfObjectsThatGoes() throws {
    #expect(
      try isNoticed {
        try root().remove(fixture.object(artifacts[0]))
        try root().removeDirectory(objectFolder)
      })
  }

  @Test func aDirectoryOfObjectsThatIsMadeAgain() throws {
    #expect(
      try isNoticed {
        try root().remove(fixture.object(artifacts[0]))
        try root().removeDirectory(objectFolder)
        try root().makeDirectory(objectFolder)
      })
  }

  /// Even if everything is there again, under the same time stamps as far as they can be set.
  @Test func aDirectoryOfObjectsThatIsRestored() throws {
    let folder = objectFolder.string
    #expect(
      try isNoticed {
        _ = try Tool.shell("cp -a \"$1\" \"$1.copy\" && rm -r \"$1\" && mv \"$1.copy\" \"$1\"", [folder])
      })
    for module in modules { #expect(fixture.reader().lookUp(module) != .absent(.evicted)) }
  }

  @Test func whatAnotherProcessPublishes() throws {
    let new = WasmHash.generate([9])
    #expect(try isNoticed { try fixture.writer().publish(Array("of another process".utf8), for: new) })
  }

  @Test func modesOfDirectories() throws {
    #expect(try isNoticed { _ = try Tool.shell("chmod 500 \"$1\"", [objectFolder.string]) })
    #expect(try isNoticed { _ = try Tool.shell("chmod 500 \"$1\"", [fixture.reader().path.string]) })
  }

  @Test(arguments: ["engines", "objects"])
  func aDirectoryThatIsExchangedForACopy(_ name: String) throws {
    let directory = v1(name).string
    #expect(
      try isNoticed {
        _ = try Tool.shell("cp -a \"$1\" \"$1.copy\" && mv \"$1\" \"$1.old\" && mv \"$1.copy\" \"$1\"", [directory])
      })
  }

  @Test func anotherEnginesPublishingIsNoticedOnlyByItsObjects() throws {
    _ = try fixture.writer(CacheFixture.identity(.winch))
    #expect(
      try isNoticed { try fixture.writer(CacheFixture.identity(.winch)).publish(artifacts[0] + [1], for: modules[0]) })
  }

  // MARK: Where there is no state

  @Test func directoriesThatChangedJustNowHaveNone() throws {
    let changed = try Descriptor.status(of: fixture.reader().path).stamp.changed
    #expect(try state(now: changed + StampTrust.margin - 1, clock: changed) == nil)
    #expect(try state(now: changed + StampTrust.margin, clock: changed) != nil)
    #expect(try state(now: changed + 1, clock: changed + 1) != nil, "the kernel's clock has gone on")
    #expect(try state(now: changed - 1, clock: changed + 1) == nil)
  }

  @Test func aClockThatWasSetBackHasNone() throws {
    #expect(try state(now: later - 3_600_000_000_000) == nil)
  }

  @Test func stampsInTheFutureHaveNone() throws {
    var times = [timespec(tv_sec: 0, tv_nsec: 0), timespec(tv_sec: 1 << 33, tv_nsec: 0)]
    #expect(utimensat(AT_FDCWD, objectFolder.string, &times, 0) == 0)
    #expect(try state() == nil)
  }

  @Test func linksInPlaceOfDirectoriesAreRefused() throws {
    _ = try Tool.shell(
      "mv \"$1\" \"$2\" && ln -s \"$2\" \"$1\"", [objectFolder.string, fixture.directory("moved").string])
    #expect(throws: CacheError.notADirectory(objectFolder)) { try state() }
  }

  // MARK: Moving the whole

  @Test func aCacheThatIsMovedIsTheSame() throws {
    let before = try state()
    try Descriptor.open(fixture.directory.path, 0).rename(
      "cache", to: Descriptor.open(fixture.directory.path, 0), as: "elsewhere")
    #expect(try state(at: fixture.directory("elsewhere")) == before)
    let moved = EngineDirectory(
      CacheFixture.identity(), in: try #require(try CacheDirectory.existing(at: fixture.directory("elsewhere"))))
    for (module, artifact) in zip(modules, artifacts) {
      #expect(moved.lookUp(module) == .present(size: artifact.count), "and its links lead where they led")
    }
  }

  @Test func aCacheThatIsCopiedIsAnother() throws {
    let before = try state()
    _ = try Tool.shell("cp -a \"$1\" \"$1.copy\"", [fixture.path.string])
    let copy = try state(at: fixture.directory("cache.copy"))
    #expect(copy != nil && copy != before)
  }
}
