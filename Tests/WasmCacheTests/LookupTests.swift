import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

struct LookupTests {
  let fixture: CacheFixture
  private let artifact = Array("an artifact".utf8)
  private let module = WasmHash.generate(WasmBinary.empty)

  init() throws { fixture = try CacheFixture() }

  @Test func moduleThatNobodyCompiledIsNew() throws {
    #expect(fixture.reader().lookUp(module) == .absent(.newModule))
    try fixture.writer().publish(artifact, for: WasmHash.generate([1]))
    #expect(fixture.reader().lookUp(module) == .absent(.newModule))
  }

  /// Two processes that start on an empty cache look up what the other one published.
  @Test func whatIsPublishedLaterIsFound() throws {
    let reader = fixture.reader()
    #expect(reader.lookUp(module) == .absent(.newModule))
    try fixture.writer().publish(artifact, for: module)
    #expect(reader.lookUp(module) == .present(size: artifact.count))
  }

  @Test func entryWithoutItsObjectIsEvicted() throws {
    try fixture.writer().publish(artifact, for: module)
    try Descriptor.open(fixture.path, 0).remove(fixture.object(artifact))
    #expect(fixture.reader().lookUp(module) == .absent(.evicted))
  }

  @Test func entryThatIsNoLinkToAnObjectIsNone() throws {
    try fixture.writer().publish(artifact, for: module)
    let entry = fixture.reader().entryPath(module)
    let root = try Descriptor.open("/", 0)
    try root.remove(entry)
    try root.makeSymbolicLink(entry, to: "/etc/passwd")
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
    try root.remove(entry)
    try root.open(entry, O_WRONLY | O_CREAT, mode: 0o444).write(bytes: artifact)
    #expect(fixture.reader().lookUp(module) == .absent(.linkLost))
    try root.remove(entry)
    try root.makeDirectory(entry)
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
    try root.removeDirectory(entry)
    try fixture.writer().publish(artifact, for: module)
    #expect(fixture.reader().lookUp(module) == .present(size: artifact.count))
    try root.remove(fixture.object(artifact))
    try root.makeSymbolicLink(fixture.object(artifact), to: "/etc/passwd")
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
  }

  @Test func objectWithoutBytesIsNone() throws {
    try fixture.writer().publish(artifact, for: module)
    try fixture.corrupt(fixture.object(artifact), with: [])
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
  }

  @Test func entryOfAnotherBuildMeansThatTheEngineChanged() throws {
    try fixture.writer().publish(artifact, for: module)
    #expect(fixture.reader(CacheFixture.identity(build: 2)).lookUp(module) == .absent(.engineChanged))
    _ = try fixture.writer(CacheFixture.identity(build: 2))
    #expect(fixture.reader(CacheFixture.identity(build: 2)).lookUp(module) == .absent(.engineChanged))
    #expect(fixture.reader(CacheFixture.identity(.winch)).lookUp(module) == .absent(.newTarget), "not its backend")
    _ = try fixture.writer(CacheFixture.identity(.winch))
    #expect(fixture.reader(CacheFixture.identity(.winch)).lookUp(module) == .absent(.newTarget))
  }

  @Test func entryOfOtherSettingsSaysNothing() throws {
    try fixture.writer().publish(artifact, for: module)
    for other in [
      CacheFixture.identity(optimization: .none, build: 2), CacheFixture.identity(cpu: .baseline, build: 2),
      CacheFixture.identity(.winch, build: 2),
    ] {
      #expect(fixture.reader(other).lookUp(module) == .absent(.newModule))
    }
    let description = fixture.reader().path.appending("engine.json")
    try Descriptor.open(fixture.path, 0).remove(description)
    let changed = CacheFixture.identity(build: 2)
    #expect(fixture.reader(changed).lookUp(module) == .absent(.newModule), "nobody knows what it is of")
  }

  @Test func objectThatWasMovedAsideWasCorrupt() throws {
    try fixture.writer().publish(artifact, for: module)
    try fixture.corrupt(fixture.object(artifact), with: Array("rotten".utf8))
    #expect(fixture.reader().lookUp(module) == .present(size: 6), "looking up reads no bytes")
    try fixture.cache.verify(repair: true) { #expect($0.repair == .movedAside) }
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
    try fixture.writer().publish(artifact, for: module)
    #expect(fixture.reader().lookUp(module) == .present(size: artifact.count))
  }

  @Test func linkToNoObjectIsCorrupt() throws {
    _ = try fixture.writer()
    let entry = fixture.reader().entryPath(module)
    try Descriptor.open(fixture.path, 0).makeSymbolicLink(entry, to: "../../objects/nowhere")
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
  }

  @Test func reasonsReadAsTheyArePrinted() {
    #expect(
      MissReason.allCases.map(\.rawValue) == [
        "new module", "new target", "engine changed", "artifact corrupt", "artifact of another engine",
        "signature refused", "copied without links", "evicted", "forced",
      ])
  }
}
