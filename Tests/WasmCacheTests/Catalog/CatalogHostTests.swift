import CatalogSamples
import LinuxIO
import Testing

@testable import WasmCache

/// What programs that load from the cache ask the catalog for.
struct CatalogHostTests {
  private let fixture: CatalogFixture

  init() throws { fixture = try CatalogFixture() }

  // MARK: Checked objects

  private func object(_ number: Int, generation: Int = 0) throws -> CheckedObject {
    let file = SampleFile(number: number, generation: generation)
    let digest = try #require(ArtifactDigest(hex: SampleFile(number: number).module.hash.encode().utf8))
    return CheckedObject(digest: digest, stamp: file.stamp, checked: SampleFile.now)
  }

  private func remember(_ objects: [CheckedObject], now: Int64 = SampleFile.now) throws {
    var record = RunRecord()
    record.checked = objects
    #expect(try fixture.open().commit(record, now: now) == .written)
  }

  @Test func remembersCheckedObjects() throws {
    try remember([object(0), object(1)])
    for access in [Catalog.Access.readOnly, .readWrite] {
      let catalog = try fixture.open(access)
      #expect(try catalog.checkedObject(of: object(0)) == object(0))
      #expect(try catalog.checkedObject(of: object(1)) == object(1))
      #expect(try catalog.checkedObject(of: object(2)) == nil)
      #expect(catalog.trouble == nil)
    }
    try remember([object(1, generation: 1)])
    #expect(try fixture.open().checkedObject(of: object(1, generation: 1)) == object(1, generation: 1))
  }

  /// Caches below this one may have the same artifact.
  @Test func theSameBytesInAnotherFileAreAnotherObject() throws {
    var (first, second) = (try object(0), try object(0))
    first.stamp.inode = 1
    second.stamp.inode = 2
    try remember([first, second])
    let catalog = try fixture.open()
    #expect(catalog.checkedObject(of: first) == first)
    #expect(catalog.checkedObject(of: second) == second)
    second.stamp.device += 1
    #expect(catalog.checkedObject(of: second) == nil)
  }

  @Test(arguments: ["size", "modified", "changed", "mode", "checked"])
  func checkedObjectThatRottedIsUnknown(_ column: String) throws {
    try remember([object(0)])
    try fixture.execute("UPDATE checked SET \(column) = \(column) + 64")
    let catalog = try fixture.open()
    #expect(try catalog.checkedObject(of: object(0)) == nil)
    #expect(catalog.trouble == "\(fixture.path()): damaged: a checked object's checksum is wrong (SQLite 11)")
  }

  @Test func rowUnderAnotherDigestIsUnknown() throws {
    try remember([object(0)])
    let other = try object(1)
    try fixture.execute("UPDATE checked SET digest = x'\(other.digest)', inode = \(other.stamp.inode)")
    #expect(try fixture.open().checkedObject(of: other) == nil)
  }

  @Test func checkedObjectsAreForgottenAfterNinetyDays() throws {
    try remember([object(0)])
    try remember([object(1)], now: SampleFile.now + 91 * 86_400 * SampleFile.second)
    let catalog = try fixture.open()
    #expect(try catalog.checkedObject(of: object(0)) == nil)
  }

  // MARK: Files

  @Test func knowsAFileBelowWhateverRoot() throws {
    try fixture.record(0..<3)
    let catalog = try fixture.open(.readOnly)
    for number in 0..<3 {
      let file = SampleFile(number: number)
      #expect(catalog.module(in: file.stamp) == file.row)
    }
    #expect(catalog.module(in: SampleFile(number: 3).stamp) == nil)
    #expect(catalog.module(in: SampleFile(number: 0, generation: 1).stamp) == nil, "another state of the file")
  }

  @Test func fileWhoseRowRottedIsUnknown() throws {
    try fixture.record(0..<2)
    let record = "substr(record, 1, 70) || x'00' || substr(record, 72)"
    try fixture.execute("UPDATE stat SET record = CAST(\(record) AS BLOB)")
    #expect(try fixture.open().module(in: SampleFile(number: 0).stamp) == nil)
  }
}

extension Catalog {
  fileprivate func checkedObject(of object: CheckedObject) -> CheckedObject? {
    checkedObject(object.digest, in: object.stamp.identity)
  }
}
