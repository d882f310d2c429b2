import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import WasmCache

/// Whose hands may have been in a cache that is used, on the way to it and inside.
struct CacheTrustTests {
  let directory: TemporaryDirectory
  private static let canGiveAway: Bool = geteuid() == 0
  private static let stranger: UInt32 = 65534

  init() throws { directory = try TemporaryDirectory() }

  /// Why a cache is refused, both by who would make it and by who would only look.
  private func refusal(_ path: FilePath) -> CacheError? {
    do throws(CacheError) {
      _ = try CacheDirectory(making: path)
      return nil
    } catch {
      #expect(throws: error) { _ = try CacheDirectory.existing(at: path) }
      #expect(throws: Never.self, "whoever trusts it") { _ = try CacheDirectory(making: path, trust: .anyone) }
      #expect(throws: Never.self) { _ = try CacheDirectory.existing(at: path, trust: .anyone) }
      return error
    }
  }

  private func setMode(_ path: FilePath, _ mode: UInt32) { #expect(path.withPlatformString { chmod($0, mode) } == 0) }

  private func giveAway(_ path: FilePath) {
    #expect(path.withPlatformString { lchown($0, Self.stranger, Self.stranger) } == 0)
  }

  // MARK: The way

  @Test(arguments: [0o777, 0o757, 0o722] as [UInt32]) func parentThatOthersCanWriteIsRefused(_ mode: UInt32) throws {
    let parent = try directory.makeDirectory("open", mode: mode)
    let error = refusal(parent.appending("deeper/cache"))
    #expect(error == .writableByOthers(parent, permissions: mode))
    #expect(
      error?.complaint
        == "can be written by other users: whoever writes there decides what code runs; `chmod go-w \(parent)` if they did "
        + "no harm, or trust them")
    setMode(parent, 0o755)
    #expect(refusal(parent.appending("deeper/cache")) == nil)
  }

  /// As umask 002 makes it, with a group that has no other member.
  @Test func parentOfAPrivateGroupIsItsOwners() throws {
    let parent = try directory.makeDirectory("group", mode: 0o775)
    let status = try Descriptor.status(of: parent)
    let isPrivate = PrivateGroup.isPrivate(status.group, to: status.owner)
    #expect((refusal(parent.appending("deeper/cache")) == nil) == isPrivate)
    setMode(parent.appending("deeper/cache"), 0o775)
    #expect((refusal(parent.appending("deeper/cache")) == nil) == isPrivate)
    if geteuid() == 0 {
      // A group of somebody else's.
      #expect(parent.withPlatformString { chown($0, 0, Self.stranger) } == 0)
      #expect(refusal(parent.appending("deeper/cache")) == .writableByOthers(parent, permissions: 0o775))
    }
  }

  /// As in /tmp: nobody else can rename or remove what is ours.
  @Test func stickyParentIsFineIfWhatIsInItIsOurs() throws {
    let parent = try directory.makeDirectory("sticky", mode: 0o1777)
    #expect(refusal(parent.appending("cache")) == nil)
    setMode(parent.appending("cache"), 0o1777)
    #expect(refusal(parent.appending("cache")) == .writableByOthers(parent.appending("cache"), permissions: 0o1777))
  }

  @Test(.needs(canGiveAway, "root, who alone can give files away"))
  func whatStrangersOwnOnTheWayIsRefused() throws {
    let parent = try directory.makeDirectory("theirs", mode: 0o755)
    giveAway(parent)
    #expect(refusal(parent.appending("cache")) == .foreignOwner(parent, owner: Self.stranger))

    let sticky = try directory.makeDirectory("sticky", mode: 0o1777)
    let planted = try directory.link("sticky/cache", to: try directory.makeDirectory("target"))
    giveAway(planted)
    #expect(refusal(sticky.appending("cache")) == .foreignOwner(planted, owner: Self.stranger), "a link, too")
  }

  @Test func linksAreFollowedAndCheckedLikeAnythingElse() throws {
    let open = try directory.makeDirectory("open", mode: 0o777)
    try directory.makeDirectory("open/real")
    try directory.link("absolute", to: directory("open/real"))
    try directory.link("relative", to: "./open/../open/real")
    for name in ["absolute", "relative"] {
      #expect(refusal(directory(name).appending("cache")) == .writableByOthers(open, permissions: 0o777))
    }
    setMode(open, 0o755)
    for name in ["absolute", "relative"] { #expect(refusal(directory(name).appending("cache")) == nil) }
    #expect(try Descriptor.status(of: directory("open/real/cache/v1")).kind == .directory)

    try directory.link("loop", to: "loop")
    #expect(
      throws: CacheError.io(
        directory("loop"), operation: "open the cache directory", .tooManySymbolicLinkLevels)
    ) {
      _ = try CacheDirectory(making: directory("loop/cache"))
    }
  }

  @Test func dotsLeadWhereTheyDo() throws {
    let open = try directory.makeDirectory("open", mode: 0o777)
    #expect(refusal(directory("open/../cache")) == .writableByOthers(open, permissions: 0o777), "it is on the way")
    try directory.makeDirectory("closed")
    #expect(refusal(directory("closed/./../cache")) == nil)
    #expect(try Descriptor.status(of: directory("cache/v1")).kind == .directory)
  }

  // MARK: Inside

  private let artifact = Array("an artifact".utf8)
  private let module = WasmHash.generate(WasmBinary.empty)

  @Test func directoriesInsideThatOthersCanWriteAreRefused() throws {
    let fixture = try CacheFixture()
    try fixture.writer().publish(artifact, for: module)
    let engine = fixture.reader().path
    setMode(engine, 0o777)
    #expect(throws: CacheError.writableByOthers(engine, permissions: 0o777)) { _ = try fixture.writer() }
    #expect(throws: CacheError.writableByOthers(engine, permissions: 0o777), "its entries may name anything") {
      try fixture.reader().requireTrusted()
    }
    setMode(engine, 0o700)
    #expect(throws: Never.self) { try fixture.reader().requireTrusted() }
    #expect(throws: Never.self) { _ = try ObjectsState(fixture.cache, now: WallClock.now()) }
    let objects = fixture.object(artifact).removingLastComponent()
    setMode(objects, 0o770)
    #expect(throws: CacheError.writableByOthers(objects, permissions: 0o770)) {
      try fixture.writer().publish(artifact, for: module)
    }
    #expect(throws: CacheError.writableByOthers(objects, permissions: 0o770), "what lies there may be anything") {
      _ = try ObjectsState(fixture.cache, now: WallClock.now())
    }
  }

  @Test func objectThatOthersCanWriteIsMadeAgain() throws {
    let fixture = try CacheFixture()
    try fixture.writer().publish(artifact, for: module)
    setMode(fixture.object(artifact), 0o666)
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
    try fixture.writer().publish(artifact, for: module)
    #expect(fixture.reader().lookUp(module) == .present(size: artifact.count))
    #expect(try Descriptor.status(of: fixture.object(artifact)).permissions == 0o444)
  }

  @Test(.needs(canGiveAway, "root, who alone can give files away"))
  func objectOfAStrangerIsMadeAgainUnderWhateverName() throws {
    let fixture = try CacheFixture()
    try fixture.writer().publish(artifact, for: module)
    let theirs = try fixture.directory.write(artifact, to: "theirs", mode: .init(rawValue: 0o444))
    giveAway(theirs)
    // A hard link to a stranger's file: its owner can change it at any time.
    let object = fixture.object(artifact)
    #expect(object.withPlatformString { unlink($0) } == 0)
    #expect(theirs.withPlatformString { old in object.withPlatformString { link(old, $0) } } == 0)
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
    try fixture.writer().publish(artifact, for: module)
    #expect(fixture.reader().lookUp(module) == .present(size: artifact.count))
  }

  /// An object's directory that is a link leads out of the cache.
  @Test func objectBehindALinkIsNoObject() throws {
    let fixture = try CacheFixture()
    try fixture.writer().publish(artifact, for: module)
    let folder = fixture.object(artifact).removingLastComponent()
    let away = fixture.directory("away")
    #expect(folder.withPlatformString { old in away.withPlatformString { rename(old, $0) } } == 0)
    #expect(away.withPlatformString { old in folder.withPlatformString { symlink(old, $0) } } == 0)
    var faults: [EntryFault?] = []
    try fixture.cache.verify(repair: false) { faults.append($0.fault) }
    #expect(faults == [.notALink])
  }
}
