import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

struct VerifiedEntriesTests {
  let fixture: CacheFixture
  private let artifact = Array("an artifact".utf8)
  private let module = WasmHash.generate(WasmBinary.empty)

  init() throws {
    fixture = try CacheFixture()
    try fixture.writer().publish(artifact, for: module)
  }

  private var object: FilePath { fixture.object(artifact) }

  private func loadingCatalog() -> LoadingCatalog { LoadingCatalog(of: fixture.cache, isWritable: true) }

  /// - Parameter later: seconds by which the clock is ahead, so that the object seems to have settled.
  private func entries(_ catalog: LoadingCatalog? = nil, later: Int64 = 0) -> VerifiedEntries {
    VerifiedEntries(fixture.reader(), catalog ?? loadingCatalog()) { WallClock.now() + later * 1_000_000_000 }
  }

  private func contents(_ artifact: Artifact) throws -> [UInt8] { try [UInt8](contentsOf: artifact.path) }

  private func failure(_ entries: VerifiedEntries) -> CacheError? {
    HostFixture.error { () throws(CacheError) in try entries.open(module) }
  }

  /// Puts bytes into the object's own file, as a disk that rots would.
  private func overwrite(_ bytes: [UInt8]) throws {
    let objects = try Descriptor.open(object, O_RDONLY)
    try objects.setMode(0o600)
    try bytes.write(to: object)
    try objects.setMode(0o444)
  }

  @Test func whatOthersMayChangeIsRefusedHoweverSoundItIs() throws {
    let places = [fixture.reader().path, object.removingLastComponent()]
    for place in places {
      _ = place.withPlatformString { chmod($0, 0o777) }
      #expect(failure(entries(later: 10)) == .writableByOthers(place, permissions: 0o777))
      _ = place.withPlatformString { chmod($0, 0o700) }
    }
    _ = try entries(later: 10).open(module)
    _ = object.withPlatformString { chmod($0, 0o666) }
    #expect(failure(entries(later: 10)) == .missing(module, .cranelift, .artifactCorrupt))
  }

  @Test(arguments: [0, 10]) func soundArtifactIsOpenedAgainAndAgain(_ later: Int64) throws {
    let entries = entries(later: later)
    for _ in 0..<3 {
      let opened = try entries.open(module)
      #expect(opened.size == artifact.count)
      #expect(try contents(opened) == artifact)
    }
  }

  @Test(arguments: 0..<11) func flippedBitIsNeverLetOut(_ position: Int) throws {
    var rotten = artifact
    rotten[position] ^= 1 << (position % 8)
    // Whether it was open before or not.
    let before = entries(later: 10)
    _ = try before.open(module)
    try fixture.corrupt(object, with: rotten)
    #expect(failure(before) == .missing(module, .cranelift, .artifactCorrupt))
    #expect(failure(entries()) == .missing(module, .cranelift, .artifactCorrupt))
    let kept = fixture.path.appending("v1/corrupt").appending(WasmHash.generate(artifact).encode())
    #expect(try [UInt8](contentsOf: kept) == rotten)
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
    try fixture.writer().publish(artifact, for: module)
    #expect(try contents(before.open(module)) == artifact)
  }

  @Test func changeInPlaceIsNoticedThoughTheFileIsTheSame() throws {
    let entries = entries(later: 10)
    _ = try entries.open(module)
    try overwrite(Array("an artefact".utf8))
    #expect(failure(entries) == .missing(module, .cranelift, .artifactCorrupt))
  }

  @Test func openArtifactStaysWholeWhenItsEntryGoes() throws {
    let opened = try entries().open(module)
    try fixture.corrupt(object, with: [1])
    #expect(failure(entries()) != nil)
    #expect(try contents(opened) == artifact)
  }

  @Test(arguments: [[], [1]] as [[UInt8]]) func truncationIsNeverLetOut(_ rest: [UInt8]) throws {
    try overwrite(rest)
    #expect(failure(entries()) == .missing(module, .cranelift, .artifactCorrupt))
  }

  @Test func linkInPlaceOfAnObjectIsNotFollowed() throws {
    let entries = entries(later: 10)
    _ = try entries.open(module)
    let folder = try Descriptor.open(fixture.path, 0)
    let elsewhere = try fixture.directory.write(artifact, to: "elsewhere")
    try folder.remove(object)
    try folder.makeSymbolicLink(object, to: elsewhere)
    #expect(failure(entries) == .missing(module, .cranelift, .artifactCorrupt))
  }

  @Test(arguments: ["../../../../../../etc/passwd", "/dev/zero", "engine.json", "../../objects/nowhere"])
  func entryThatLeadsElsewhereIsNotFollowed(_ target: String) throws {
    let folder = try Descriptor.open(fixture.path, 0)
    try folder.remove(fixture.reader().entryPath(module))
    try folder.makeSymbolicLink(fixture.reader().entryPath(module), to: target)
    #expect(failure(entries()) == .missing(module, .cranelift, .artifactCorrupt))
  }

  @Test func everyMissSaysWhy() throws {
    let other = WasmHash.generate([1])
    #expect(
      HostFixture.error { () throws(CacheError) in try entries().open(other) }
        == .missing(other, .cranelift, .newModule))
    let newer = VerifiedEntries(fixture.reader(CacheFixture.identity(build: 2)), loadingCatalog())
    #expect(
      HostFixture.error { () throws(CacheError) in try newer.open(module) }
        == .missing(module, .cranelift, .engineChanged))
    try Descriptor.open(fixture.path, 0).remove(object)
    #expect(failure(entries()) == .missing(module, .cranelift, .evicted))
  }

  @Test func objectThatWasStoredAnewMeanwhileStays() throws {
    let digest = try digest()
    let corrupt = try Descriptor.status(of: object).stamp.identity
    try fixture.writer().publish(artifact, for: module)
    #expect(fixture.cache.setAside(digest, judged: corrupt))
    #expect(try contents(entries().open(module)) == artifact)
  }

  // MARK: Memory

  @Test func whatWasCheckedIsNotReadAgainByLaterProcesses() throws {
    let first = loadingCatalog()
    _ = try entries(first).open(module)
    first.flush()
    let catalog = try #require(Catalog.open(in: fixture.cache.base, .readOnly).catalog)
    let digest = try digest()
    let checked = try #require(catalog.checkedObject(digest, in: Descriptor.status(of: object).stamp.identity))
    #expect(try checked.stamp == Descriptor.status(of: object).stamp)

    // Had the bytes been found good that are not: nobody would look any more.
    try overwrite(Array("an artefact".utf8))
    let second = loadingCatalog()
    second.remember(
      CheckedObject(
        digest: digest, stamp: try Descriptor.status(of: object).stamp, checked: WallClock.now() + 5_000_000_000))
    second.flush()
    #expect(try contents(entries(later: 10).open(module)) == Array("an artefact".utf8))
    // But for the racy rule: with the clock that wrote them, the time stamps prove nothing.
    #expect(failure(entries()) == .missing(module, .cranelift, .artifactCorrupt))
  }

  @Test func whoMayNotWriteRemembersOnlyByItself() throws {
    let catalog = LoadingCatalog(of: fixture.cache, isWritable: false)
    let entries = entries(catalog, later: 10)
    for _ in 0..<2 { #expect(try contents(entries.open(module)) == artifact) }
    catalog.flush()
    #expect(try !fixture.names("").contains("catalog.sqlite"))
  }

  @Test func verificationOfAllIsRemembered() throws {
    try fixture.cache.verify(repair: false) { #expect($0.fault == .noArtifact) }
    let catalog = try #require(Catalog.open(in: fixture.cache.base, .readOnly).catalog)
    #expect(try catalog.checkedObject(digest(), in: Descriptor.status(of: object).stamp.identity) != nil)
  }

  private func digest() throws -> ArtifactDigest {
    try #require(ArtifactDigest(hex: WasmHash.generate(artifact).encode().utf8))
  }
}
