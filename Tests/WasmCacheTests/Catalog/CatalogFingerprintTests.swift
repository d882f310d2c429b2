import CatalogSamples
import SystemPackage
import Testing

@testable import WasmCache

/// What the catalog remembers of states in which everything was there.
struct CatalogFingerprintTests {
  private let fixture: CatalogFixture
  private static let day: Int64 = 86_400 * SampleFile.second

  init() throws { fixture = try CatalogFixture() }

  private func state(_ number: Int) -> DirectoryFingerprint {
    DirectoryFingerprint(SampleFile(number: number).module.hash.digest)
  }

  private func remember(_ numbers: Range<Int>, now: Int64 = SampleFile.now) throws -> Catalog.CommitResult {
    var record = RunRecord()
    record.fingerprints = numbers.map { FoundState(state($0), fromLowerCaches: $0) }
    return try fixture.open().commit(record, now: now)
  }

  private func knows(_ number: Int, now: Int64 = SampleFile.now) throws -> Bool {
    let count = try fixture.open().fromLowerCaches(in: state(number), now: now)
    #expect(count ?? number == number)
    return count != nil
  }

  @Test func remembersStates() throws {
    #expect(try remember(0..<2) == .written)
    #expect(try knows(0) && knows(1))
    #expect(try !knows(2))
    #expect(try fixture.open().trouble == nil)
    #expect(try fixture.open(.readOnly).fromLowerCaches(in: state(1), now: SampleFile.now) == 1)
  }

  @Test func believesThemForADay() throws {
    _ = try remember(0..<1)
    #expect(try knows(0, now: SampleFile.now + Self.day))
    #expect(try !knows(0, now: SampleFile.now + Self.day + 1))
    _ = try remember(0..<1, now: SampleFile.now + Self.day)
    #expect(try knows(0, now: SampleFile.now + Self.day + 1))
  }

  @Test func doesNotBelieveWhatIsCheckedInTheFuture() throws {
    _ = try remember(0..<1)
    #expect(try !knows(0, now: SampleFile.now - 1))
  }

  @Test func forgetsTheOldestOfManyStates() throws {
    for number in 0..<3 { _ = try remember(number..<number + 1, now: SampleFile.now + Int64(number)) }
    _ = try remember(10..<265, now: SampleFile.now + 3)
    let late = SampleFile.now + 4
    #expect(try !knows(0, now: late) && !knows(1, now: late))
    #expect(try knows(2, now: late) && knows(10, now: late) && knows(264, now: late))
  }

  @Test(arguments: ["checked", "lower"]) func aStateThatRottedIsUnknown(_ column: String) throws {
    _ = try remember(0..<1)
    try fixture.execute("UPDATE fingerprints SET \(column) = \(column) + 1")
    let catalog = try fixture.open()
    #expect(catalog.fromLowerCaches(in: state(0), now: SampleFile.now + 1) == nil)
    #expect(catalog.trouble == "\(fixture.path()): damaged: a fingerprint's checksum is wrong (SQLite 11)")
  }

  @Test func aCatalogThatLacksTheTableIsReplaced() throws {
    _ = try remember(0..<1)
    try fixture.execute("DROP TABLE fingerprints")
    let catalog = try fixture.open()
    #expect(catalog.fromLowerCaches(in: state(0), now: SampleFile.now) == nil)
    #expect(catalog.trouble?.hasPrefix("\(fixture.path()): damaged: ") == true)
    var record = RunRecord()
    record.fingerprints = [FoundState(state(0))]
    #expect(catalog.commit(record, now: SampleFile.now) == .written)
    #expect(try knows(0))
  }
}
