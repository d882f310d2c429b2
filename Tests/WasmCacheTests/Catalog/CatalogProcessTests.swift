import CatalogSamples
import LinuxIO
import SystemPackage
import Testing

@testable import WasmCache

/// Several processes with one catalog.
@Suite(.serialized) struct CatalogProcessTests {
  private let fixture: CatalogFixture
  private let clock = ContinuousClock()

  init() throws { fixture = try CatalogFixture() }

  private func helper(_ command: String, _ arguments: String...) throws -> CatalogHelperProcess {
    let helper = try CatalogHelperProcess([command, fixture.directory.string] + arguments)
    return helper
  }

  // MARK: Locks

  @Test func aWriterDoesNotKeepOthersFromReading() throws {
    try fixture.record(0..<10)
    let writer = try helper("lock-writing")
    #expect(writer.line() == "ready")
    #expect(SampleFile.known(in: try fixture.index(), of: 0..<10) == 10)
  }

  @Test func writingGivesUpAfterASecond() throws {
    try fixture.record(0..<10)
    let writer = try helper("lock-writing")
    #expect(writer.line() == "ready")
    let catalog = try fixture.open()
    let start = clock.now
    let result = try fixture.record(0..<20, in: catalog)
    let duration = clock.now - start
    #expect(result == .gaveUp("\(fixture.path()): not written: database is locked (SQLite 5)"))
    #expect(duration >= .milliseconds(900) && duration < .milliseconds(2000), "\(duration)")
  }

  @Test func aLockedCatalogIsReadAndNotWrittenTo() throws {
    try fixture.record(0..<10)
    let owner = try helper("lock-everything")
    #expect(owner.line() == "ready")
    let catalog = try fixture.open()
    #expect(SampleFile.known(in: catalog.statIndex(root: SampleFile.root), of: 0..<10) == 10)
    #expect(
      try fixture.record(0..<20, in: catalog)
        == .gaveUp("\(fixture.path()): not used: database is locked (SQLite 5)"))
    owner.process.kill()
    _ = owner.process.wait()
    #expect(SampleFile.known(in: try fixture.index(), of: 0..<20) == 10)
  }

  @Test func whoOnlyReadsTakesNoLocks() throws {
    try fixture.record(0..<10)
    let files = ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "catalog.lock"]
    let before = try files.map(fixture.read)
    let stamps = files.map(fixture.stamp)
    let catalog = try fixture.open()
    #expect(SampleFile.known(in: catalog.statIndex(root: SampleFile.root), of: 0..<10) == 10)
    let lock = try CatalogPlace(directory: fixture.directory).openLock(writing: true)
    #expect(lock.tryOwn())
    lock.release()
    #expect(try files.map(fixture.read) == before)
    #expect(files.map(fixture.stamp) == stamps)
    // From the first row that it writes on, nobody can replace it.
    #expect(try fixture.record(0..<20, in: catalog) == .written)
    #expect(!lock.tryOwn())
  }

  @Test func whatOthersWriteAfterItWasReadStays() throws {
    try fixture.record(0..<10)
    let catalog = try fixture.open()
    let index = catalog.statIndex(root: SampleFile.root)
    let other = try helper("write", "20", "5")
    #expect(other.line() == "ready")
    var record = RunRecord()
    record.roots = [RootUpdate(index: index, hashed: (10..<15).map { SampleFile(number: $0).row }, seen: nil)]
    #expect(catalog.commit(record, now: SampleFile.now) == .written)
    let now = try fixture.index()
    #expect(SampleFile.known(in: now, of: 0..<15) == 15 && SampleFile.known(in: now, of: 20..<25) == 5)
  }

  // MARK: Kills

  @Test func aTransactionThatWasKilledLeavesNothing() throws {
    try fixture.record(0..<10)
    let writer = try helper("half-a-transaction")
    #expect(writer.line() == "ready")
    writer.process.kill()
    #expect(writer.process.wait() == .signalled(9))
    #expect(try fixture.read("catalog.sqlite-wal").count > 100_000)
    let catalog = try fixture.open()
    let index = catalog.statIndex(root: SampleFile.root)
    #expect(index.count == 10 && SampleFile.known(in: index, of: 0..<10) == 10)
    #expect(try fixture.record(0..<11, in: catalog) == .written)
    #expect(try fixture.read("catalog.sqlite-wal").isEmpty)
  }

  @Test func killsAtAnyMomentLeaveWholeTransactions() throws {
    for round in 0..<20 {
      let writer = try helper("write-forever")
      #expect(writer.line() == "ready")
      // Spread over the writer's work by doing some of our own.
      for _ in 0..<round { _ = try? fixture.index() }
      writer.process.kill()
      _ = writer.process.wait()
      let index = try fixture.index()
      let generations = (0..<4).filter { generation in
        index.lookup(SampleFile(number: 0, generation: generation).stamp, now: SampleFile.now)
          != .unknown(.notRemembered)
          && (0..<300).allSatisfy {
            let file = SampleFile(number: $0, generation: generation)
            return index.lookup(file.stamp, now: SampleFile.now) == .known(file.module, number: $0)
          }
      }
      #expect(index.count == 300 && generations.count == 1, "round \(round): \(generations)")
    }
  }

  @Test func aLargeLogThatWasLeftBehindIsEmptied() throws {
    try fixture.record(0..<10)
    let writer = try helper("half-a-transaction")
    #expect(writer.line() == "ready")
    writer.process.kill()
    _ = writer.process.wait()
    var log = try fixture.read("catalog.sqlite-wal")
    log += Array(repeating: 0, count: 1 << 20)
    try fixture.write(log, "catalog.sqlite-wal")
    #expect(SampleFile.known(in: try fixture.index(), of: 0..<10) == 10)
    #expect(try fixture.read("catalog.sqlite-wal").isEmpty)
  }

  @Test func aLogInUseIsLeftAloneByThoseWhoWriteNothing() throws {
    try fixture.record(0..<10)
    // The reader's transaction keeps the second run's rows in the log.
    let reader = try helper("read")
    #expect(reader.line() == "ready")
    try fixture.record(0..<20)
    #expect(try !fixture.read("catalog.sqlite-wal").isEmpty)
    let files = ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm", "catalog.lock"]
    let before = try files.map(fixture.read)
    let catalog = try fixture.open(.readOnly)
    #expect(SampleFile.known(in: catalog.statIndex(root: SampleFile.root), of: 0..<20) == 10)
    #expect(try files.map(fixture.read) == before)
  }

  // MARK: Removal

  @Test(arguments: [
    ["catalog.sqlite"], ["catalog.sqlite", "catalog.sqlite-wal", "catalog.sqlite-shm"], ["catalog.sqlite-shm"],
  ])
  func deletedWhileOpen(_ names: [String]) throws {
    try fixture.record(0..<10)
    do {
      let catalog = try fixture.open()
      #expect(catalog.statIndex(root: SampleFile.root).count == 10)
      for name in names { try fixture.remove(name) }
      #expect(SampleFile.known(in: catalog.statIndex(root: SampleFile.root), of: 0..<10) == 10)
      let result = try fixture.record(0..<20, in: catalog)
      #expect(
        !names.contains("catalog.sqlite") || result == .gaveUp("\(fixture.path()): deleted or replaced meanwhile"))
    }
    try fixture.record(0..<20)
    #expect(SampleFile.known(in: try fixture.index(), of: 0..<20) == 20)
  }

  @Test func aDamagedCatalogInUseIsNotReplacedUnderItsUser() throws {
    try fixture.record(0..<10)
    let user = try helper("hold-open")
    #expect(user.line() == "ready")
    try fixture.execute("UPDATE stat SET record = zeroblob(104) WHERE inode = 7001")
    let before = fixture.stamp(CatalogFixture.database)?.inode
    #expect(try fixture.record(0..<10) == .gaveUp("\(fixture.path()): damaged, and another process uses it"))
    #expect(fixture.stamp(CatalogFixture.database)?.inode == before)
    user.process.kill()
    _ = user.process.wait()
    #expect(try fixture.record(0..<10) == .written)
    #expect(SampleFile.known(in: try fixture.index(), of: 0..<10) == 10)
  }

  // MARK: Many

  @Test func sweepsBesideAWriterSeeWholeTransactions() throws {
    let writer = try helper("write-forever")
    #expect(writer.line() == "ready")
    for _ in 0..<100 {
      let catalog = try fixture.open()
      #expect(catalog.statIndex(root: SampleFile.root).count == 300)
      #expect(catalog.trouble == nil)
    }
  }

  @Test func oneCatalogServesManyThreads() async throws {
    try fixture.record(0..<100)
    let catalog = try fixture.open()
    await withTaskGroup(of: Int.self) { group in
      for _ in 0..<8 {
        group.addTask {
          (0..<20).reduce(0) { sum, _ in
            sum + SampleFile.known(in: catalog.statIndex(root: SampleFile.root), of: 0..<100)
          }
        }
      }
      for await known in group { #expect(known == 2000) }
    }
  }

  @Test func twoProcessesThatWriteAtOnceLoseNothing() throws {
    let writers = try (0..<2).map { try helper("write", "\($0 * 60)", "60") }
    for writer in writers { #expect(writer.line() == "ready") }
    #expect(SampleFile.known(in: try fixture.index(), of: 0..<120) == 120)
    #expect(try fixture.open().tally().hits == 120)
  }

  @Test func processesThatFindDamageAtOnceReplaceItOnce() throws {
    for _ in 0..<10 {
      try fixture.write(Array(repeating: 0x55, count: 40_000))
      let writers = try (0..<4).map { try helper("write", "\($0)", "1") }
      for writer in writers { #expect(writer.line() == "ready") }
      // Had one of them replaced the others' new catalog, their files would be missing.
      #expect(SampleFile.known(in: try fixture.index(), of: 0..<4) == 4)
    }
  }
}
