import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

struct CacheVerificationTests {
  let fixture: CacheFixture
  private let artifact = CacheFixture.artifact("an artifact")
  private let module = WasmHash.generate(WasmBinary.empty)

  init() throws {
    fixture = try CacheFixture()
    try fixture.writer().publish(artifact, for: module)
  }

  private func verify(repair: Bool = false) throws -> [CheckedEntry] {
    var entries: [CheckedEntry] = []
    try fixture.cache.verify(repair: repair) { entries.append($0) }
    return entries
  }

  /// The path of the module's entry, for a fixture that makes it something else.
  private var entry: FilePath { fixture.reader().entryPath(module) }

  private func replaceEntry(linkTo target: String) throws {
    let folder = try Descriptor.open(fixture.path, 0)
    try folder.remove(entry)
    try folder.makeSymbolicLink(entry, to: target)
  }

  /// The object is good for the engine that made it.
  @Test func anArtifactOfAnotherEngineIsFound() throws {
    let other = CacheFixture.artifact("other", for: "arm")
    try fixture.writer().publish(other, for: module)
    #expect(try verify().map(\.fault) == [.otherEngine])
    #expect("\(EntryFault.otherEngine)" == "its artifact is of another engine or other settings")
    #expect(try verify(repair: true).map(\.repair) == [.removed])
    #expect(try verify().isEmpty)
    #expect(try [UInt8](contentsOf: fixture.object(other)) == other)
  }

  @Test func aFileThatIsNoArtifactIsFound() throws {
    try fixture.writer().publish(Array("no artifact".utf8), for: module)
    #expect(try verify().map(\.fault) == [.noArtifact])
    #expect("\(EntryFault.noArtifact)" == "its file is no engine's artifact")
    #expect(try verify(repair: true).map(\.repair) == [.removed])
    #expect(try verify().isEmpty)
  }

  @Test func anEnginesDirectoryThatOthersMayWriteToIsFound() throws {
    let engine = fixture.reader().path
    chmod(engine.string, 0o777)
    for repair in [false, true] {
      let found = try verify(repair: repair)
      #expect(found.map(\.path) == [engine] && found.allSatisfy { $0.repair == nil })
      #expect(found.first?.fault?.description.hasPrefix("can be written by other users: ") == true)
    }
  }

  @Test func anEnginesDirectoryThatIsALinkIsFound() throws {
    let engine = fixture.reader().path
    let engines = try Descriptor.open(engine.removingLastComponent(), O_RDONLY)
    try engines.rename(try #require(engine.lastComponent), to: engines, as: "elsewhere")
    try engines.makeSymbolicLink(try #require(engine.lastComponent), to: "elsewhere")
    let found = try verify()
    #expect(found.first { $0.path == engine }?.fault?.description.hasPrefix("is not a directory") == true)
  }

  @Test func goodEntriesArePassed() throws {
    try fixture.writer(CacheFixture.identity(.winch)).publish(CacheFixture.artifact("another"), for: module)
    let entries = try verify(repair: true)
    #expect(entries.map(\.fault) == [nil, nil])
    #expect(entries.map(\.size) == [artifact.count, artifact.count - 4])
    #expect(entries.first?.path == (entry))
    #expect(entries.allSatisfy { $0.repair == nil })
    #expect(fixture.reader().lookUp(module) == .present(size: artifact.count))
  }

  @Test(arguments: 0..<11) func flippedBitIsFoundAndMovedAside(_ position: Int) throws {
    var rotten = artifact
    rotten[position] ^= 1 << (position % 8)
    try fixture.corrupt(fixture.object(artifact), with: rotten)
    let fault = EntryFault.digestDiffers(actual: WasmHash.generate(rotten).encode())
    #expect(try verify().map(\.fault) == [fault])
    #expect(try [UInt8](contentsOf: fixture.object(artifact)) == rotten, "nothing is moved without --repair")
    let start = WasmHash.generate(rotten).encode().prefix(16)
    #expect(fault.description == "its artifact is corrupt: the bytes hash to \(start)…, not to its name")

    let repaired = try verify(repair: true)
    #expect(repaired.map(\.fault) == [fault] && repaired.map(\.repair) == [.movedAside])
    let kept = fixture.path.appending("v1/corrupt").appending(WasmHash.generate(artifact).encode())
    #expect(try [UInt8](contentsOf: kept) == rotten)
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
    // The entry stays, since it tells why the module is compiled again.
    #expect(try verify().map(\.fault) == [.movedAside])
    let again = try verify(repair: true)
    #expect(again.map(\.fault) == [.movedAside] && again.map(\.repair) == [nil])
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
  }

  @Test func truncationIsFound() throws {
    try fixture.corrupt(fixture.object(artifact), with: Array(artifact.dropLast()))
    #expect(try verify().map(\.fault) == [.digestDiffers(actual: WasmHash.generate(artifact.dropLast()).encode())])
  }

  @Test func everyEntryOfACorruptObjectIsReported() throws {
    try fixture.writer().publish(artifact, for: WasmHash.generate([1]))
    try fixture.corrupt(fixture.object(artifact), with: [0])
    let entries = try verify(repair: true)
    #expect(entries.count == 2)
    #expect(entries.allSatisfy { $0.fault != nil && $0.repair == .movedAside })
  }

  @Test func missingObjectIsFoundAndItsEntryRemoved() throws {
    try Descriptor.open(fixture.path, 0).remove(fixture.object(artifact))
    #expect(try verify().map(\.fault) == [.objectMissing])
    #expect(EntryFault.objectMissing.description == "its artifact is missing")
    #expect(try verify(repair: true).map(\.repair) == [.removed])
    #expect(try verify().isEmpty)
  }

  @Test(arguments: ["/etc/passwd", "../../objects/../../../etc/passwd", "engine.json"])
  func foreignLinkIsFoundAndRemoved(_ target: String) throws {
    try replaceEntry(linkTo: target)
    #expect(try verify().map(\.fault) == [.notALink])
    #expect(EntryFault.notALink.description == "is not a link to an object of this cache")
    #expect(try verify(repair: true).map(\.repair) == [.removed])
    #expect(fixture.reader().lookUp(module) == .absent(.linkLost), "it was the cache's only entry")
  }

  @Test func fileInPlaceOfAnEntryIsFoundAndRemoved() throws {
    try Descriptor.open(fixture.path, 0).remove(entry)
    try Array("no artifact".utf8).write(to: entry)
    #expect(try verify(repair: true).map(\.fault) == [.notALink])
    #expect(try verify().isEmpty)
  }

  @Test func linkInPlaceOfAnObjectIsNotFollowed() throws {
    let folder = try Descriptor.open(fixture.path, 0)
    try folder.remove(fixture.object(artifact))
    try fixture.directory.write(artifact, to: "elsewhere")
    try folder.makeSymbolicLink(fixture.object(artifact), to: fixture.directory("elsewhere"))
    #expect(try verify().map(\.fault) == [.notALink])
    #expect(try verify(repair: true).map(\.repair) == [.removed])
    #expect(try verify().isEmpty)
  }

  @Test func otherFilesAreLeftAlone() throws {
    let reader = fixture.reader()
    for name in ["notes.txt", "x.cwasm"] { try [1].write(to: reader.path.appending(name)) }
    try fixture.directory.write("", to: "cache/v1/engines/stray")
    #expect(try verify(repair: true).map(\.fault) == [nil])
    #expect(try fixture.names("engines/\(reader.identity.directoryName)").isSuperset(of: ["notes.txt", "x.cwasm"]))
  }

  /// More than the block that is read at a time.
  @Test(arguments: [1 << 18, 1 << 18 + 1, 3 << 18]) func largeArtifactsAreReadWhole(_ size: Int) throws {
    var large = [UInt8](repeating: 7, count: size)
    try fixture.writer().publish(large, for: module)
    #expect(try verify().map(\.size) == [size])
    large[size - 1] ^= 1
    try fixture.corrupt(fixture.object([UInt8](repeating: 7, count: size)), with: large)
    #expect(try verify().count { $0.fault != nil } == 1)
  }
}
