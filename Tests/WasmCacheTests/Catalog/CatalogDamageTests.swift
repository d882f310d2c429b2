import CatalogSamples
import LinuxIO
import SystemPackage
import Testing

@testable import WasmCache

/// Damage to the catalog's files: an answer is right or it is none, and the next run has a healthy catalog again.
struct CatalogDamageTests {
  private let fixture: CatalogFixture
  private let library = SampleFile(number: 5000).stamp
  private static let engine = EngineFinding.Result.available(
    record: (0..<200).map { UInt8($0) }, build: Array(repeating: 0xbd, count: 20))
  private static let files = 300

  init() throws {
    fixture = try CatalogFixture()
    let catalog = try fixture.open()
    var record = RunRecord()
    let index = catalog.statIndex(root: SampleFile.root)
    record.roots = [RootUpdate(index: index, hashed: (0..<Self.files).map { SampleFile(number: $0).row }, seen: nil)]
    record.engines = [
      EngineFinding(
        library: library, wish: "cranelift", probed: library.changed + 5 * SampleFile.second, result: Self.engine)
    ]
    record.sightings = (0..<20).map {
      Sighting(module: SampleFile(number: $0).module.hash, path: "/a/path", size: Int64($0), seen: SampleFile.now)
    }
    record.compilations = (0..<20).map {
      Compilation(
        module: SampleFile(number: $0).module.hash, engine: Array(repeating: 3, count: 32),
        artifact: ArtifactDigest(SampleFile(number: $0).module.hash.digest), nanoseconds: Int64($0), size: 7,
        compiled: SampleFile.now)
    }
    record.tally.hits = 1000
    #expect(catalog.commit(record, now: SampleFile.now) == .written)
  }

  /// Looks at everything; returns how many files were known.
  @discardableResult
  private func expectNoWrongAnswer(_ what: @autoclosure () -> String) -> Int {
    let opening = Catalog.open(in: fixture.directory)
    guard let catalog = opening.catalog else { return 0 }
    let index = catalog.statIndex(root: SampleFile.root)
    var known = 0
    for number in 0..<Self.files {
      let file = SampleFile(number: number)
      guard case .known(let module, _) = index.lookup(file.stamp, now: SampleFile.now) else { continue }
      known += 1
      if module != file.module { Issue.record("\(what()): wrong module for file \(number)") }
    }
    let answer = catalog.engine(library, wish: "cranelift", now: SampleFile.now)
    if let answer, answer != Self.engine { Issue.record("\(what()): wrong engine") }
    for sighting in catalog.sightings() where sighting.path != "/a/path" { Issue.record("\(what()): wrong sighting") }
    for compilation in catalog.compilations()
    where compilation.size != 7 || compilation.artifact.bytes != compilation.module.blob {
      Issue.record("\(what()): wrong compilation \(compilation)")
    }
    let hits = catalog.tally().hits
    if hits != 0 && hits != 1000 { Issue.record("\(what()): wrong count") }
    return known
  }

  /// A run that hashes what is unknown, after which everything must be known.
  private func expectRecovery(_ what: @autoclosure () -> String) throws {
    let result = try fixture.record(0..<Self.files)
    let index = try fixture.index()
    let known = SampleFile.known(in: index, of: 0..<Self.files)
    if known != Self.files { Issue.record("\(what()): \(known) files known after \(result)") }
  }

  private func restore(_ pristine: [UInt8]) throws {
    try fixture.write(pristine)
    try fixture.write([], "catalog.sqlite-wal")
    try fixture.write([], "catalog.sqlite-shm")
  }

  @Test func twoThousandFlippedBits() throws {
    let pristine = try fixture.read()
    let used = pristine.indices.filter { pristine[$0] != 0 }
    var random = SplitMix(state: 20)
    var unaffected = 0
    for round in 0..<2000 {
      // Half of them where something is written: most of a small database is empty space.
      let place = round.isMultiple(of: 2) ? random.next(below: pristine.count) : used[random.next(below: used.count)]
      var bytes = pristine
      bytes[place] ^= 1 << UInt8(random.next(below: 8))
      try restore(bytes)
      let known = expectNoWrongAnswer("bit at \(place)")
      if known == Self.files { unaffected += 1 }
      if round.isMultiple(of: 10) { try expectRecovery("bit at \(place)") }
    }
    #expect(unaffected > 800)
  }

  @Test func flippedBitsInALogThatWasLeftBehind() throws {
    // A reader keeps the log from being emptied.
    let main: [UInt8]
    let log: [UInt8]
    do {
      let helper = try CatalogHelperProcess("half-a-transaction", fixture.directory.string)
      #expect(helper.line() == "ready")
      main = try fixture.read()
      log = try fixture.read("catalog.sqlite-wal")
      #expect(log.count > 100_000)
    }
    var random = SplitMix(state: 21)
    for _ in 0..<100 {
      var damaged = log
      for _ in 0..<3 { damaged[random.next(below: log.count)] ^= 1 << UInt8(random.next(below: 8)) }
      try fixture.write(main)
      try fixture.write(damaged, "catalog.sqlite-wal")
      expectNoWrongAnswer("log")
    }
    try expectRecovery("log")
  }

  @Test func randomBytesOverPages() throws {
    let pristine = try fixture.read()
    var random = SplitMix(state: 22)
    for round in 0..<200 {
      var bytes = pristine
      let start = random.next(below: bytes.count)
      let size = 1 + random.next(below: round.isMultiple(of: 3) ? 40_000 : 200)
      for place in start..<min(start + size, bytes.count) { bytes[place] = UInt8(random.next(below: 256)) }
      try restore(bytes)
      expectNoWrongAnswer("\(size) bytes at \(start)")
      try expectRecovery("\(size) bytes at \(start)")
    }
  }

  @Test func nothingButRandomBytes() throws {
    var random = SplitMix(state: 23)
    for size in [1, 15, 16, 99, 100, 101, 511, 512, 513, 4096, 16_384, 100_000] {
      try restore((0..<size).map { _ in UInt8(random.next(below: 256)) })
      let opening = Catalog.open(in: fixture.directory)
      #expect(opening.catalog != nil && opening.note != nil, "\(size) bytes: \(opening.note ?? "no note")")
      try expectRecovery("\(size) bytes")
    }
  }

  @Test func truncatedAtAnyLength() throws {
    let pristine = try fixture.read()
    var random = SplitMix(state: 24)
    var lengths = stride(from: 0, to: pristine.count, by: 4096).flatMap { [$0, $0 + 1, max(0, $0 - 1)] }
    lengths += (0..<100).map { _ in random.next(below: pristine.count) } + Array(0..<110)
    for length in lengths {
      try restore(Array(pristine.prefix(length)))
      expectNoWrongAnswer("\(length) bytes left")
      if length.isMultiple(of: 5) { try expectRecovery("\(length) bytes left") }
    }
  }

  @Test func swappedPages() throws {
    let pristine = try fixture.read()
    let page = 16_384
    let pages = pristine.count / page
    for first in 0..<pages {
      for second in first + 1..<pages {
        var bytes = pristine
        bytes.replaceSubrange(first * page..<(first + 1) * page, with: pristine[second * page..<(second + 1) * page])
        bytes.replaceSubrange(second * page..<(second + 1) * page, with: pristine[first * page..<(first + 1) * page])
        try restore(bytes)
        expectNoWrongAnswer("pages \(first) and \(second)")
        try expectRecovery("pages \(first) and \(second)")
      }
    }
  }

  @Test func garbageInTheOtherFiles() throws {
    var random = SplitMix(state: 25)
    for name in ["catalog.sqlite-wal", "catalog.sqlite-shm", "catalog.sqlite-journal", "catalog.lock"] {
      try fixture.write((0..<50_000).map { _ in UInt8(random.next(below: 256)) }, name)
      expectNoWrongAnswer(name)
      try expectRecovery(name)
    }
  }

  @Test func rowsThatAreNotRecords() throws {
    for sql in [
      "UPDATE stat SET record = x'00' WHERE inode = 7001", "UPDATE stat SET record = 'text' WHERE inode = 7001",
      "UPDATE stat SET record = zeroblob(104) WHERE inode = 7001", "UPDATE stat SET record = 5 WHERE inode = 7001",
      "UPDATE stat SET record = (SELECT record FROM stat WHERE inode = 7002) || x'00' WHERE inode = 7001",
      "UPDATE engines SET build = 7", "UPDATE engines SET unavailable = 'because'", "UPDATE engines SET record = NULL",
      "UPDATE roots SET files = 9223372036854775807", "UPDATE roots SET path = 'x'", "DELETE FROM roots",
      "UPDATE sightings SET path = 1", "UPDATE counters SET value = 5",
      "UPDATE compilations SET engine = zeroblob(90000)", "UPDATE compilations SET artifact = x'00'",
      "DROP TABLE stat", "DROP TABLE engines; CREATE TABLE engines(x)",
      "DROP TABLE counters; CREATE VIEW counters AS SELECT 1",
      "CREATE TRIGGER evil AFTER INSERT ON stat BEGIN DELETE FROM stat; END", "PRAGMA user_version = 0",
    ] {
      try fixture.execute(sql)
      expectNoWrongAnswer(sql)
      try expectRecovery(sql)
      // Back to where each statement finds its rows.
      let catalog = try fixture.open()
      var record = RunRecord()
      record.engines = [
        EngineFinding(
          library: library, wish: "cranelift", probed: library.changed + 5 * SampleFile.second, result: Self.engine)
      ]
      record.tally.hits = catalog.tally().hits == 0 ? 1000 : 0
      #expect(catalog.commit(record, now: SampleFile.now) == .written, "\(sql)")
    }
  }

  @Test func oneBadRowCostsOneFile() throws {
    try fixture.execute("UPDATE stat SET record = zeroblob(104) WHERE inode = 7001")
    let catalog = try fixture.open()
    let index = catalog.statIndex(root: SampleFile.root)
    #expect(SampleFile.known(in: index, of: 0..<Self.files) == Self.files - 1)
    #expect(catalog.trouble == "\(fixture.path()): damaged: a row's checksum is wrong")
  }

  @Test func aRowInTheWrongPlaceIsDamage() throws {
    try fixture.execute("UPDATE stat SET inode = inode + 1000000 WHERE inode = 7001")
    let catalog = try fixture.open()
    #expect(SampleFile.known(in: catalog.statIndex(root: SampleFile.root), of: 0..<Self.files) == Self.files)
    #expect(catalog.trouble == "\(fixture.path()): damaged: rows are out of order")
    try expectRecovery("row in the wrong place")
    #expect(try fixture.open().trouble == nil)
  }

  @Test func aRowUnderAnotherRootIsNotBelieved() throws {
    let other = Int64(bitPattern: StatRecord.seed(root: FilePath("/other").bytes))
    try fixture.execute("INSERT INTO stat SELECT \(other), device, inode, record FROM stat")
    try fixture.record(0..<Self.files)
    let catalog = try fixture.open()
    var record = RunRecord()
    record.roots = [RootUpdate(index: StatIndex(root: "/other"), hashed: [SampleFile(number: 999).row], seen: nil)]
    #expect(catalog.commit(record, now: SampleFile.now) == .written)
    #expect(SampleFile.known(in: try fixture.index(root: "/other"), of: 0..<Self.files) == 0)
  }
}

/// A small generator with a seed, so that a failure can be had again.
struct SplitMix {
  var state: UInt64

  mutating func next(below limit: Int) -> Int {
    state &+= 0x9e37_79b9_7f4a_7c15
    var value = state
    value = (value ^ value >> 30) &* 0xbf58_476d_1ce4_e5b9
    value = (value ^ value >> 27) &* 0x94d0_49bb_1331_11eb
    return Int((value ^ value >> 31) % UInt64(limit))
  }
}
