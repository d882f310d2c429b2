import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

/// Caches that were copied by what does not keep symbolic links.
struct LostLinksTests {
  let fixture: CacheFixture
  private let modules = (1...3).map { WasmHash.generate([$0]) }
  private let artifacts = (1...3).map { Self.artifact([$0]) }

  init() throws {
    fixture = try CacheFixture()
    let writer = try fixture.writer()
    for (module, artifact) in zip(modules, artifacts) { try writer.publish(artifact, for: module) }
  }

  /// What an engine would load that has some identity.
  private static func artifact(_ code: [UInt8], _ identity: ArtifactIdentity = CacheFixture.identity()) -> [UInt8] {
    ELFImage(sections: [
      .init(name: CompatibilityRecord.sectionName, contents: identity.record),
      .init(name: ".text", contents: code),
    ]).bytes
  }

  private func entry(_ number: Int) -> FilePath { fixture.reader().entryPath(modules[number]) }

  private func read(_ entry: FilePath) throws -> [UInt8] { try [UInt8](contentsOf: entry) }

  /// Puts a file in the place of an entry.
  private func copy(_ bytes: [UInt8], to entry: FilePath) throws {
    try? fixture.remove(entry)
    try Descriptor.open("/", 0).open(entry, O_WRONLY | O_CREAT | O_EXCL, mode: 0o444).write(bytes: bytes)
  }

  /// As `cp -rL` and zip do.
  private func replaceLinks() throws {
    for number in modules.indices { try copy(artifacts[number], to: entry(number)) }
  }

  /// As Python's zipfile does with an archive that has links.
  private func replaceLinksByTheirTexts() throws {
    let folder = try Descriptor.open("/", 0)
    for number in modules.indices { try copy(folder.symbolicLinkTarget(entry(number)), to: entry(number)) }
  }

  /// As `rsync -r` does.
  private func removeLinks() throws { for number in modules.indices { try fixture.remove(entry(number)) } }

  private func remember(_ numbers: Range<Int>, as digest: (Int) -> WasmHash) throws {
    var record = RunRecord()
    record.compilations = numbers.map {
      Compilation(
        module: modules[$0], engine: CacheFixture.identity().digest, artifact: ArtifactDigest(digest($0).digest),
        nanoseconds: 1, size: 1, compiled: WallClock.now())
    }
    #expect(Catalog.open(in: fixture.cache.base).catalog?.commit(record, now: WallClock.now()) == .written)
  }

  private func remember(_ numbers: Range<Int>) throws { try remember(numbers) { WasmHash.generate(artifacts[$0]) } }

  private func verify(repair: Bool = false) throws -> (entries: [CheckedEntry], nameless: Int) {
    var entries: [CheckedEntry] = []
    let nameless = try fixture.cache.verify(repair: repair) { entries.append($0) }
    return (entries, nameless)
  }

  private func expectAllLinked(_ location: SourceLocation = #_sourceLocation) throws {
    let reader = fixture.reader()
    for (number, module) in modules.enumerated() {
      #expect(reader.lookUp(module) == .present(size: artifacts[number].count), sourceLocation: location)
      #expect(
        reader.artifactDigest(module)?.description == WasmHash.generate(artifacts[number]).encode(),
        sourceLocation: location)
      #expect(try read(entry(number)) == artifacts[number], sourceLocation: location)
    }
    #expect(try verify().entries.map(\.fault) == [nil, nil, nil], sourceLocation: location)
    #expect(try fixture.names("tmp") == [], sourceLocation: location)
  }

  // MARK: Recognition

  @Test func aFileInAnEntrysPlaceIsSaidToBeACopy() throws {
    try replaceLinks()
    #expect(fixture.reader().lookUp(modules[0]) == .absent(.linkLost))
    let entries = VerifiedEntries(fixture.reader(), LoadingCatalog(of: fixture.cache, isWritable: false))
    let failure = HostFixture.error { () throws(CacheError) in try entries.open(modules[0]) }
    #expect(failure == .missing(modules[0], .cranelift, .linkLost))
    #expect(
      failure?.description
        == "the cache has no artifact for cranelift of module \(modules[0]): copied without links: "
        + "`wasmprecompile cache verify --repair` makes its links again")
    let found = fixture.cache.artifacts(of: modules[0])
    #expect(found.map(\.isLinked) == [false] && found.map(\.size) == [artifacts[0].count])
    #expect(EngineDirectory(CacheFixture.identity(.winch), in: fixture.cache).otherWishes(of: modules[0]) == [])
    #expect(try CacheInventory(of: fixture.cache).entries.count(where: \.isCopy) == 3)
  }

  @Test func artifactsAreThoseThatLookingUpFinds() throws {
    #expect(fixture.cache.artifacts(of: modules[0]).map(\.isLinked) == [true])
    try fixture.remove(fixture.object(artifacts[0]))
    #expect(fixture.cache.artifacts(of: modules[0]).isEmpty)
    try fixture.remove(entry(1))
    try Descriptor.open("/", 0).makeSymbolicLink(entry(1), to: "/etc/passwd")
    #expect(fixture.cache.artifacts(of: modules[1]).isEmpty)
  }

  @Test func aCacheWithoutAnyEntryIsSaidToBeACopy() throws {
    try removeLinks()
    #expect(fixture.reader().lookUp(modules[0]) == .absent(.linkLost))
    #expect(fixture.reader().lookUp(WasmHash.generate([9])) == .absent(.linkLost), "nobody can tell")
    #expect(fixture.reader(CacheFixture.identity(.winch)).lookUp(modules[0]) == .absent(.newModule))
    #expect(try CacheInventory(of: fixture.cache).hasLostEveryEntry)
    try fixture.writer().publish(artifacts[1], for: modules[1])
    #expect(fixture.reader().lookUp(modules[0]) == .absent(.newModule), "it has an entry")
    #expect(try !CacheInventory(of: fixture.cache).hasLostEveryEntry)
  }

  @Test func aCacheThatWasEmptiedIsNoCopy() throws {
    _ = try fixture.cache.evict(.nothing, dryRun: false, now: WallClock.now()) { _, _ in }
    #expect(fixture.reader().lookUp(modules[0]) == .absent(.newModule))
    let writer = try fixture.writer()
    let written = artifacts[0].withUnsafeBytes { bytes in
      Result { () throws(CacheError) in try writer.write(bytes, for: modules[0]) }
    }
    _ = try written.get()
    #expect(fixture.reader().lookUp(modules[0]) == .absent(.newModule), "one that a run has begun to fill")
  }

  @Test func publishingTakesACopysPlace() throws {
    try replaceLinks()
    try fixture.writer().publish(artifacts[0], for: modules[0])
    #expect(fixture.reader().lookUp(modules[0]) == .present(size: artifacts[0].count))
  }

  // MARK: Repair

  @Test func copiesAreNamedAndBecomeLinksAgain() throws {
    try replaceLinks()
    let found = try verify()
    #expect(found.entries.map(\.fault) == [.copied, .copied, .copied] && found.nameless == 0)
    #expect(found.entries.allSatisfy { $0.repair == nil && $0.size == artifacts[0].count })
    #expect(
      EntryFault.copied.description
        == "is a copy, not a link: this cache was copied without its links (`cp -a` keeps them)")
    #expect(fixture.reader().lookUp(modules[0]) == .absent(.linkLost), "nothing changes without --repair")
    #expect(try verify(repair: true).entries.map(\.repair) == [.linked, .linked, .linked])
    try expectAllLinked()
  }

  @Test func linksThatBecameTextsBecomeLinksAgain() throws {
    try replaceLinksByTheirTexts()
    #expect(fixture.reader().lookUp(modules[0]) == .absent(.linkLost))
    let found = try verify().entries
    #expect(found.map(\.fault) == [.linkAsText, .linkAsText, .linkAsText])
    #expect(found.allSatisfy { $0.repair == nil && $0.size == artifacts[0].count && $0.fault?.isLostLink == true })
    #expect(
      EntryFault.linkAsText.description
        == "is a file with a link's text, not a link: this cache was copied without its links (`cp -a` keeps them)")
    #expect(fixture.reader().lookUp(modules[0]) == .absent(.linkLost), "nothing changes without --repair")
    #expect(try verify(repair: true).entries.map(\.repair) == [.linked, .linked, .linked])
    try expectAllLinked()
  }

  @Test func aLinksTextProvesNothing() throws {
    try replaceLinksByTheirTexts()
    try fixture.remove(fixture.object(artifacts[0]))
    try fixture.corrupt(fixture.object(artifacts[1]), with: [1, 2])
    try copy(Array("../../objects/../../victim".utf8), to: entry(2))
    let found = try verify(repair: true).entries
    func one(_ number: Int) -> CheckedEntry? { found.first { $0.path == entry(number) } }
    #expect(one(0)?.fault == .objectMissing && one(0)?.repair == .removed)
    #expect(one(1)?.repair == .movedAside)
    #expect(one(2)?.fault == .notALink && one(2)?.repair == .removed)
    #expect(modules.allSatisfy { fixture.reader().artifactDigest($0) == nil })
  }

  @Test func aCopyProvesAnObjectThatIsMissingOrCorrupt() throws {
    try replaceLinks()
    try remember(0..<1)
    try fixture.remove(fixture.object(artifacts[0]))
    try fixture.corrupt(fixture.object(artifacts[1]), with: [1, 2])
    #expect(try verify().entries.map(\.fault) == [.copied, .copied, .copied])
    #expect(try verify(repair: true).entries.map(\.repair) == [.linked, .linked, .linked])
    try expectAllLinked()
    #expect(try Descriptor.status(of: fixture.object(artifacts[0])).permissions == 0o444)
  }

  @Test func aCopyThatNothingProvesIsCorrupt() throws {
    try replaceLinks()
    let flipped = Self.artifact([7])
    try copy(flipped, to: entry(0))
    let digest = WasmHash.generate(flipped).encode()
    let bad = try verify().entries.filter { $0.path == entry(0) }
    #expect(bad.map(\.fault) == [.corruptCopy(actual: digest)])
    #expect(
      bad.first?.fault?.description
        == "is a copy, not a link, and corrupt: no artifact of this cache has bytes that hash to \(digest.prefix(16))…")
    #expect(try verify(repair: true).entries.filter { $0.path == entry(0) }.map(\.repair) == [.removed])
    #expect(fixture.reader().lookUp(modules[0]) == .absent(.newModule))
    #expect(try fixture.objects()[digest] == nil)
  }

  @Test func theCatalogKnowsWhatACorruptCopyWas() throws {
    try remember(0..<3)
    try replaceLinks()
    try copy(Self.artifact([7]), to: entry(0))
    let bad = try verify(repair: true).entries.filter { $0.path == entry(0) }
    #expect(bad.map(\.repair) == [.linked] && bad.first?.fault?.isLostLink == false)
    try expectAllLinked()
  }

  @Test func whatIsNoArtifactOfTheEngineIsNoCopy() throws {
    let other = ArtifactIdentity(
      settings: EngineSettings(backend: .cranelift), compatibility: CompatibilityRecord(bytes: [0, 1, 0x31]),
      libraryBuild: [1])
    let foreign = Self.artifact([1], other)
    try fixture.writer(other).publish(foreign, for: modules[0])
    try copy(foreign, to: entry(0))
    try copy(Array("no artifact".utf8), to: entry(1))
    try copy([], to: entry(2))
    let own = fixture.reader().path
    let found = try verify(repair: true).entries.filter { $0.path.removingLastComponent() == own }
    #expect(found.map(\.fault) == [.notALink, .notALink, .notALink])
    #expect(found.map(\.repair) == [.removed, .removed, .removed])
  }

  @Test func whatCannotBeJudgedIsKept() throws {
    try replaceLinks()
    let path = fixture.reader().path.appending("engine.json")
    let text = String(decoding: try read(path), as: UTF8.self)
    let noRecord = text.replacing("\"record\" : \"", with: "\"record\" : \"x")
    for (contents, reason) in [
      ("{", "engine.json is missing or cannot be read"),
      (noRecord, "the record in engine.json is not hexadecimal"),
    ] {
      try Array(contents.utf8).write(to: path)
      let found = try verify(repair: true).entries
      #expect(found.map(\.fault) == Array(repeating: .notJudged(reason: reason), count: 3))
      #expect(found.allSatisfy { $0.repair == nil })
      #expect(
        found.first?.fault?.description == "is a file, not a link, and cannot be judged: \(reason)")
      #expect(try modules.indices.allSatisfy { try read(entry($0)) == artifacts[$0] })
    }
    try Array(text.utf8).write(to: path)
    #expect(try verify(repair: true).entries.map(\.repair) == [.linked, .linked, .linked])
    try expectAllLinked()
  }

  @Test func entriesThatAreGoneAreMadeAgainFromTheCatalog() throws {
    try remember(0..<3)
    try removeLinks()
    let found = try verify()
    #expect(found.entries.map(\.fault) == [.linkMissing, .linkMissing, .linkMissing] && found.nameless == 0)
    #expect(
      EntryFault.linkMissing.description
        == "is missing, though its artifact is there: copying a cache must keep its links (`cp -a` does)")
    #expect(fixture.reader().lookUp(modules[0]) == .absent(.linkLost), "nothing changes without --repair")
    #expect(try verify(repair: true).entries.map(\.repair) == [.linked, .linked, .linked])
    try expectAllLinked()
  }

  @Test func theLibraryRemembersWhatItMade() throws {
    let host = try HostFixture()
    let cache = try host.open()
    _ = try cache.load(orCompile: WasmBinary.empty)
    cache.flush()
    let directory = try CacheDirectory(making: host.path)
    let part = try cache.part(.cranelift)
    let entry = EngineDirectory(part.identity, in: directory).entryPath(WasmHash.generate(WasmBinary.empty))
    try fixture.remove(entry)
    var repairs: [EntryRepair?] = []
    try directory.verify(repair: true) { repairs.append($0.repair) }
    #expect(repairs == [.linked])
    _ = try host.open(.readOnly).load(WasmHash.generate(WasmBinary.empty))
  }

  @Test func whatCannotBeHadBackIsCounted() throws {
    // The second's object is corrupt, the third is said to be something else, which is not there.
    try remember(0..<2)
    try remember(2..<3) { _ in WasmHash.generate([99]) }
    try fixture.corrupt(fixture.object(artifacts[1]), with: Self.artifact([8]))
    try removeLinks()
    #expect(try verify().nameless == 2)
    let repaired = try verify(repair: true)
    #expect(repaired.nameless == 2)
    #expect(repaired.entries.map(\.path) == [entry(0)] && repaired.entries.map(\.repair) == [.linked])
    #expect(fixture.reader().lookUp(modules[0]) == .present(size: artifacts[0].count))
    #expect(fixture.reader().artifactDigest(modules[1]) == nil)
    #expect(try verify().nameless == 0, "it has an entry again")
  }

  @Test func anObjectOfAnotherEngineIsNotLinked() throws {
    let other = ArtifactIdentity(
      settings: EngineSettings(backend: .winch), compatibility: CompatibilityRecord(bytes: [0, 1, 0x31]),
      libraryBuild: [1])
    let foreign = Self.artifact([1], other)
    try fixture.writer(other).publish(foreign, for: modules[0])
    try fixture.remove(entry(0))
    try remember(0..<1) { _ in WasmHash.generate(foreign) }
    #expect(try verify(repair: true).entries.map(\.fault) == [nil, nil, nil])
    #expect(fixture.reader().artifactDigest(modules[0]) == nil)
  }

  @Test func whatWasEvictedIsNotMissed() throws {
    try remember(0..<3)
    try fixture.remove(entry(0))
    try fixture.remove(fixture.object(artifacts[0]))
    #expect(try verify().entries.map(\.fault) == [nil, nil])
  }

  @Test func aDirectoryThatOthersMayWriteToGetsNoLinks() throws {
    try replaceLinks()
    let path = fixture.reader().path
    try Descriptor.open(path, 0).setMode(0o777)
    let found = try verify(repair: true).entries
    #expect(found.map(\.path) == [path] && found.first?.repair == nil)
    #expect(found.first?.fault?.description.hasPrefix("can be written by other users: ") == true)
    #expect(fixture.reader().lookUp(modules[0]) == .absent(.linkLost))
  }

  // MARK: Eviction

  @Test(arguments: [true, false]) func artifactsOfACopyAreNotSweptAway(areFiles: Bool) throws {
    if areFiles { try replaceLinks() } else { try removeLinks() }
    let result = try fixture.cache.evict(EvictionLimits(), dryRun: false, now: WallClock.now()) { _, _ in }
    #expect(result.objects == 0)
    #expect(try fixture.objects().count == 3)
    var limits = EvictionLimits()
    limits.size = Int64(artifacts[0].count)
    #expect(try fixture.cache.evict(limits, dryRun: false, now: WallClock.now()) { _, _ in }.objects == 2)
  }
}
