import CatalogSamples
import LinuxIO
import SystemPackage
import Testing

@testable import WasmCache

/// The parts of opening that need two of everything.
struct CatalogOpenerTests {
  private let fixture: CatalogFixture

  init() throws {
    fixture = try CatalogFixture()
    try fixture.record(0..<10)
  }

  private func opener() throws -> CatalogOpener {
    try CatalogOpener(CatalogPlace(directory: fixture.directory), writing: true)
  }

  @Test func whatHasBeenReplacedIsNotReplacedAgain() throws {
    let first = try opener()
    let second = try opener()
    let seenByFirst = try first.open().connection
    let seenBySecond = try second.open().connection
    #expect(!first.replace(seenByFirst))
    second.lock?.release()
    #expect(first.replace(seenByFirst))
    first.lock?.release()
    let made = fixture.stamp(CatalogFixture.database)?.inode
    #expect(!second.replace(seenBySecond))
    #expect(fixture.stamp(CatalogFixture.database)?.inode == made)
  }

  @Test func aSnapshotStaysAsItIs() throws {
    let connection = try opener().open().connection
    let other = try SQLiteConnection(fixture.path(), .readWrite, timeout: 0)
    let counts = try connection.snapshot { () throws(SQLiteError) in
      let before = try connection.integer("SELECT count(*) FROM stat")
      try other.execute("DELETE FROM stat")
      return [before, try connection.integer("SELECT count(*) FROM stat")]
    }
    #expect(counts == [10, 10])
    #expect(try connection.integer("SELECT count(*) FROM stat") == 0)
  }

  @Test func aSnapshotEndsWithAnError() throws {
    let connection = try opener().open().connection
    #expect(throws: SQLiteError.self) {
      try connection.snapshot { () throws(SQLiteError) in try connection.execute("SELECT protocolViolation") }
    }
    #expect(
      try connection.snapshot { () throws(SQLiteError) in try connection.integer("SELECT count(*) FROM stat") } == 10)
  }
}
