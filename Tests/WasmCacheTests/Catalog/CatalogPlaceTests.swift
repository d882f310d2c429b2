import CatalogSamples
import Glibc
import LinuxIO
import SystemPackage
import Testing

@testable import WasmCache

/// What may lie where the catalog belongs, and directories that cannot have one.
struct CatalogPlaceTests {
  private let fixture: CatalogFixture

  init() throws { fixture = try CatalogFixture() }

  private var note: String? { Catalog.open(in: fixture.directory).note }

  private func expectHealthy(sourceLocation: SourceLocation = #_sourceLocation) throws {
    #expect(try fixture.record(0..<10) == .written, sourceLocation: sourceLocation)
    #expect(SampleFile.known(in: try fixture.index(), of: 0..<10) == 10, sourceLocation: sourceLocation)
  }

  @Test func anEmptyFileIsReplaced() throws {
    try fixture.write([])
    #expect(note == "\(fixture.path()): was empty: made anew")
    try expectHealthy()
  }

  @Test func aHalfMadeCatalogIsReplaced() throws {
    try fixture.write([])
    try fixture.execute("PRAGMA page_size = 16384; PRAGMA journal_mode = WAL")
    #expect(note == "\(fixture.path()): was empty: made anew")
    try expectHealthy()
  }

  @Test func anotherProgramsDatabaseIsSetAside() throws {
    try fixture.write([])
    try fixture.execute("CREATE TABLE notes(text); INSERT INTO notes VALUES('precious'); PRAGMA application_id = 7")
    let foreign = try fixture.read()
    #expect(note == "\(fixture.path()): was another program's database: made anew")
    #expect(try fixture.read("catalog.sqlite.not-ours") == foreign)
    try expectHealthy()
  }

  @Test func aDatabaseWithoutApplicationIDIsSetAside() throws {
    try fixture.write([])
    try fixture.execute("CREATE TABLE roots(x)")
    #expect(note == "\(fixture.path()): was another program's database: made anew")
    #expect(fixture.names.contains("catalog.sqlite.not-ours"))
    try expectHealthy()
  }

  @Test func aNewerCatalogIsLeftAlone() throws {
    try fixture.record(0..<10)
    try fixture.execute("PRAGMA user_version = 5; CREATE TABLE later(x)")
    let newer = try fixture.read()
    #expect(note == "\(fixture.path()): not used: it was written by a newer wasmprecompile (schema 5)")
    #expect(try fixture.read() == newer)
  }

  @Test(arguments: [0, -5, 1005, 2_147_483_647])
  func anImpossibleVersionIsReplaced(_ version: Int) throws {
    try fixture.record(0..<10)
    try fixture.execute("PRAGMA user_version = \(version)")
    #expect(note == "\(fixture.path()): had schema \(version): made anew")
    try expectHealthy()
  }

  @Test func aDirectoryIsLeftAlone() throws {
    try Descriptor.open(fixture.directory, O_RDONLY).makeDirectory(CatalogFixture.database)
    #expect(note == "\(fixture.path()): not used: it is a directory: remove it")
    #expect(Catalog.open(in: fixture.directory).catalog == nil)
    #expect(fixture.stamp(CatalogFixture.database)?.kind == .directory)
  }

  @Test func directoriesInPlaceOfTheOtherFilesAreNoError() throws {
    for name in ["catalog.sqlite-wal", "catalog.sqlite-shm", "catalog.lock"] {
      let fixture = try CatalogFixture()
      try Descriptor.open(fixture.directory, O_RDONLY).makeDirectory(name)
      let opening = Catalog.open(in: fixture.directory)
      #expect(opening.catalog == nil)
      #expect(opening.note?.hasPrefix("\(fixture.path()): ") == true, "\(opening.note ?? "no note")")
    }
  }

  /// SQLite would open it, and wait for somebody who writes into it for ever.
  @Test(arguments: ["-journal", "-wal", "-shm"]) func aFIFOBesideTheDatabaseIsNotOpened(_ suffix: String) throws {
    for isThere in [true, false] {
      let fixture = try CatalogFixture()
      if isThere { try fixture.record(0..<10) }
      _ = unlink(fixture.path(CatalogFixture.database + suffix).string)
      try #require(mkfifo(fixture.path(CatalogFixture.database + suffix).string, 0o600) == 0)
      #expect(Catalog.open(in: fixture.directory, .readOnly).catalog == nil)
      try fixture.record(0..<10)
      #expect(fixture.stamp(CatalogFixture.database)?.kind == .regular)
      #expect(fixture.stamp(CatalogFixture.database + suffix).map { $0.kind == .regular } ?? true)
    }
  }

  @Test func aFIFOInPlaceOfTheLockIsNotOpened() throws {
    try #require(mkfifo(fixture.path("catalog.lock").string, 0o600) == 0)
    #expect(Catalog.open(in: fixture.directory).catalog == nil)
    #expect(Catalog.open(in: fixture.directory, .readOnly).catalog == nil)
  }

  @Test func aSymbolicLinkIsReplacedAndNotFollowed() throws {
    let other = try CatalogFixture()
    try other.record(0..<5)
    let untouched = try other.read()
    try Descriptor.open(fixture.directory, O_RDONLY).makeSymbolicLink(CatalogFixture.database, to: other.path())
    try expectHealthy()
    #expect(fixture.stamp(CatalogFixture.database)?.kind == .regular)
    #expect(try other.read() == untouched)
  }

  @Test func aLinkToNothingIsReplaced() throws {
    try Descriptor.open(fixture.directory, O_RDONLY).makeSymbolicLink(CatalogFixture.database, to: "/nowhere/x")
    try expectHealthy()
  }

  @Test func aLinkInPlaceOfTheLogIsNotFollowed() throws {
    let other = try CatalogFixture()
    try other.write([1, 2, 3], "victim")
    for name in ["catalog.sqlite-wal", "catalog.sqlite-shm", "catalog.lock"] {
      let fixture = try CatalogFixture()
      try Descriptor.open(fixture.directory, O_RDONLY).makeSymbolicLink(name, to: other.path("victim"))
      _ = try? fixture.record(0..<10)
      #expect(try other.read("victim") == [1, 2, 3])
    }
  }

  @Test(arguments: [0o602, 0o620, 0o666] as [UInt32])
  func aFileThatOthersMayWriteIsNotUsed(_ mode: UInt32) throws {
    try fixture.record(0..<10)
    try Descriptor.open(fixture.path(), O_RDONLY).setMode(mode)
    #expect(note == "\(fixture.path()): not used: others may write to it: remove it, or `chmod go-w` it")
    #expect(Catalog.open(in: fixture.directory).catalog == nil)
  }

  @Test func aForeignOwnersFileIsNotUsed() throws {
    try fixture.record(0..<10)
    guard chown(fixture.path().string, 12345, 12345) == 0 else { return }
    #expect(note == "\(fixture.path()): not used: it belongs to another user (12345): remove it")
  }

  // MARK: Permissions, as somebody who has not all of them

  private func asNobody() throws -> String {
    if geteuid() == 0 { for name in fixture.names { _ = chown(fixture.path(name).string, 65534, 65534) } }
    if geteuid() == 0 { _ = chown(fixture.directory.string, 65534, 65534) }
    return try CatalogHelperProcess("look-as-nobody", fixture.directory.string).line()
  }

  @Test func nobodyIsAsGoodAsAnybody() throws {
    try fixture.record(0..<10)
    #expect(try asNobody() == "known 10; commit written")
  }

  @Test func aReadOnlyFileIsRead() throws {
    try fixture.record(0..<10)
    chmod(fixture.path().string, 0o400)
    #expect(try asNobody() == "known 10; commit gaveUp(\"\(fixture.path()): read-only\")")
  }

  @Test func anUnreadableFileIsDoneWithout() throws {
    try fixture.record(0..<10)
    chmod(fixture.path().string, 0o200)
    #expect(try asNobody() == "without: \(fixture.path()): not used: unable to open database file (SQLite 14)")
  }

  @Test(arguments: [[], ["catalog.lock"], ["catalog.sqlite-shm", "catalog.sqlite-wal", "catalog.lock"]])
  func aReadOnlyDirectoryIsRead(without missing: [String]) throws {
    try fixture.record(0..<10)
    for name in missing { try fixture.remove(name) }
    for name in fixture.names { chmod(fixture.path(name).string, 0o400) }
    chmod(fixture.directory.string, 0o500)
    #expect(try asNobody() == "known 10; commit gaveUp(\"\(fixture.path()): read-only\")")
    chmod(fixture.directory.string, 0o700)
  }

  @Test func aReadOnlyDirectoryWithoutACatalogIsDoneWithout() throws {
    chmod(fixture.directory.string, 0o500)
    #expect(try asNobody() == "without: \(fixture.path()): not there")
    chmod(fixture.directory.string, 0o700)
  }

  // MARK: File systems

  @Test(arguments: [
    (0x6969, "NFS"), (0xff53_4d42, "SMB"), (-0x00ac_b2be, "SMB"), (0x6573_5546, "FUSE"), (0x0102_1997, "9P"),
  ])
  func networkFileSystemsAreNotUsed(_ type: Int64, _ name: String) {
    let opening = Catalog.open(in: fixture.directory, .readWrite, fileSystem: type)
    #expect(opening.catalog == nil)
    #expect(
      opening.note == "\(fixture.directory): no catalog there: it is on a network file system (\(name)): "
        + "keep the cache in a local directory")
    #expect(fixture.names.isEmpty)
  }

  @Test(arguments: [0xef53, 0x9123_683e, 0x5846_5342, 0x0102_1994, 0x794c_7630, 0x2fc1_2fc1] as [Int64])
  func localFileSystemsAreUsed(_ type: Int64) {
    #expect(Catalog.open(in: fixture.directory, .readWrite, fileSystem: type).catalog != nil)
  }
}
