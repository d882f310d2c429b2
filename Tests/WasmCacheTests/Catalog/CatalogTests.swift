import CatalogSamples
import LinuxIO
import SystemPackage
import Testing

@testable import WasmCache

/// What a healthy catalog remembers, and when it writes.
struct CatalogTests {
  private let fixture: CatalogFixture

  init() throws { fixture = try CatalogFixture() }

  @Test func isMadeWhereNothingWas() throws {
    let opening = Catalog.open(in: fixture.directory)
    #expect(opening.catalog != nil)
    #expect(opening.note == nil)
    #expect(fixture.stamp(CatalogFixture.database)?.mode == 0o100600)
    #expect(try fixture.index().count == 0)
  }

  @Test func isNotMadeToBeRead() throws {
    let opening = Catalog.open(in: fixture.directory, .readOnly)
    #expect(opening.catalog == nil)
    #expect(opening.note == "\(fixture.path()): not there")
    #expect(fixture.names.isEmpty)
  }

  @Test func needsADirectory() {
    let opening = Catalog.open(in: "/nowhere/at/all")
    #expect(opening.catalog == nil)
    #expect(opening.note == "/nowhere/at/all: not used for the catalog: no such file or directory")
  }

  // MARK: Files

  @Test(arguments: [1, 2000])
  func remembersFiles(_ count: Int) throws {
    #expect(try fixture.record(0..<count) == .written)
    let index = try fixture.index()
    #expect(index.count == count)
    for number in 0..<count {
      let file = SampleFile(number: number)
      guard case .known(let module, _) = index.lookup(file.stamp, now: SampleFile.now) else {
        Issue.record("unknown: \(number)")
        continue
      }
      #expect(module == file.module)
    }
    #expect(try fixture.open().trouble == nil)
  }

  @Test func remembersNumbersOfAnySign() throws {
    var row = SampleFile(number: 1).row
    row.stamp.device = .max
    row.stamp.inode = .max
    row.stamp.modified = -1
    row.stamp.changed = .min
    row.module.weight = .max
    let catalog = try fixture.open()
    var record = RunRecord()
    record.roots = [RootUpdate(index: catalog.statIndex(root: SampleFile.root), hashed: [row], seen: nil)]
    #expect(catalog.commit(record, now: SampleFile.now) == .written)
    let index = try fixture.index()
    #expect(index.count == 1 && index[0] == row)
  }

  @Test func keepsRootsApart() throws {
    try fixture.record(0..<10)
    #expect(try fixture.index(root: "/project").count == 0)
    #expect(try fixture.index(root: FilePath(bytes: [0x2f, 0xff])).count == 0)
  }

  @Test func forgetsFilesThatAreGone() throws {
    try fixture.record(0..<100)
    #expect(try fixture.record(50..<120) == .written)
    let index = try fixture.index()
    #expect(index.count == 70)
    #expect(SampleFile.known(in: index, of: 50..<120) == 70)
  }

  @Test func replacesFilesThatChanged() throws {
    try fixture.record(0..<100)
    #expect(try fixture.record(0..<100, generation: 1) == .written)
    let index = try fixture.index()
    #expect(index.count == 100)
    #expect(SampleFile.known(in: index, of: 0..<100) == 0)
    #expect(
      index.lookup(SampleFile(number: 5, generation: 1).stamp, now: SampleFile.now)
        == .known(SampleFile(number: 5, generation: 1).module, number: 5))
  }

  @Test func forgetsNothingAfterAScanThatWasNotComplete() throws {
    try fixture.record(0..<10)
    let catalog = try fixture.open()
    var record = RunRecord()
    record.roots = [
      RootUpdate(index: catalog.statIndex(root: SampleFile.root), hashed: [SampleFile(number: 10).row], seen: nil)
    ]
    #expect(catalog.commit(record, now: SampleFile.now) == .written)
    #expect(SampleFile.known(in: try fixture.index(), of: 0..<11) == 11)
  }

  @Test func doesNotForgetWhatAnotherRunAddedMeanwhile() throws {
    let slow = try fixture.open()
    let index = slow.statIndex(root: SampleFile.root)
    try fixture.record(0..<10)
    var record = RunRecord()
    record.roots = [
      RootUpdate(index: index, hashed: [SampleFile(number: 20).row], seen: SeenFiles(of: index))
    ]
    #expect(slow.commit(record, now: SampleFile.now) == .written)
    #expect(try fixture.index().count == 11)
  }

  // MARK: Writing

  @Test func writesNothingWhenThereIsNothingToDo() throws {
    try fixture.record(0..<100)
    let before = [CatalogFixture.database, "catalog.sqlite-wal"].map { fixture.stamp($0)?.modified }
    let hour: Int64 = 3600 * SampleFile.second
    #expect(try fixture.record(0..<100, now: SampleFile.now + hour) == .nothingToWrite)
    #expect([CatalogFixture.database, "catalog.sqlite-wal"].map { fixture.stamp($0)?.modified } == before)
    #expect(try fixture.record(0..<100, now: SampleFile.now + hour + 1) == .written)
  }

  @Test func aClockThatWasSetBackDoesNotStopTheWriting() throws {
    try fixture.record(0..<10)
    #expect(try fixture.record(0..<10, now: SampleFile.now - 1) == .written)
  }

  @Test func readsWithoutWritingAnything() throws {
    try fixture.record(0..<100)
    for name in ["catalog.sqlite-wal", "catalog.sqlite-shm", "catalog.lock"] { try fixture.remove(name) }
    let catalog = try fixture.open(.readOnly)
    #expect(SampleFile.known(in: catalog.statIndex(root: SampleFile.root), of: 0..<100) == 100)
    #expect(catalog.commit(RunRecord(), now: SampleFile.now) == .nothingToWrite)
    #expect(try fixture.record(0..<101, in: catalog) == .gaveUp("\(fixture.path()): read-only"))
    #expect(fixture.names == [CatalogFixture.database])
  }

  @Test func findsItsWayToOddDirectories() throws {
    for name in ["a b%20c?mode=ro#x", "\u{1F40C}&immutable=0", "quote'\"\\"] {
      let directory = fixture.directory.appending(name)
      try Descriptor.open(fixture.directory, 0).makeDirectory(FilePath(name))
      for access in [Catalog.Access.readWrite, .readOnly] {
        let opening = Catalog.open(in: directory, access)
        #expect(opening.catalog != nil, "\(opening.note ?? "")")
      }
      let inner = try Descriptor.open(directory, 0)
      for file in try inner.names() { try inner.remove(file) }
    }
  }

  // MARK: What nobody asks for any more

  @Test func forgetsWhatWasNotMetForNinetyDays() throws {
    let day: Int64 = 86_400 * SampleFile.second
    try fixture.record(0..<10)
    let catalog = try fixture.open()
    var record = RunRecord()
    record.roots = [RootUpdate(index: StatIndex(root: "/other"), hashed: [SampleFile(number: 1).row], seen: nil)]
    #expect(catalog.commit(record, now: SampleFile.now + 50 * day) == .written)
    #expect(catalog.statIndex(root: SampleFile.root).count == 10)
    #expect(catalog.commit(record, now: SampleFile.now + 91 * day) == .written)
    #expect(catalog.statIndex(root: SampleFile.root).count == 0)
    #expect(catalog.statIndex(root: "/other").count == 1)
  }
}
