import CatalogSamples
import LinuxIO
import SystemPackage
import Testing

@testable import WasmCache

/// Engines, sightings, compilations and counts.
struct CatalogHistoryTests {
  private let fixture: CatalogFixture
  private let library = SampleFile(number: 5000).stamp

  init() throws { fixture = try CatalogFixture() }

  private func finding(_ result: EngineFinding.Result, wish: String = "cranelift") -> EngineFinding {
    EngineFinding(
      library: library, wish: wish, probed: library.changed + 2 * SampleFile.second, result: result)
  }

  private func commit(_ change: (inout RunRecord) -> Void, now: Int64 = SampleFile.now) throws -> Catalog.CommitResult {
    var record = RunRecord()
    change(&record)
    return try fixture.open().commit(record, now: now)
  }

  // MARK: Engines

  @Test func remembersEngines() throws {
    let available = EngineFinding.Result.available(record: [1, 0, 2], build: [9])
    let missing = EngineFinding.Result.unavailable(reason: "no such backend")
    #expect(try commit { $0.engines = [finding(available), finding(missing, wish: "winch")] } == .written)
    let catalog = try fixture.open()
    #expect(catalog.engine(library, wish: "cranelift", now: SampleFile.now) == available)
    #expect(catalog.engine(library, wish: "winch", now: SampleFile.now) == missing)
    #expect(catalog.engine(library, wish: "pulley", now: SampleFile.now) == nil)
    #expect(catalog.trouble == nil)
  }

  @Test func tellsEmptyFromMissing() throws {
    let empty = EngineFinding.Result.available(record: [], build: [])
    let silent = EngineFinding.Result.unavailable(reason: "")
    #expect(try commit { $0.engines = [finding(empty), finding(silent, wish: "")] } == .written)
    let catalog = try fixture.open()
    #expect(catalog.engine(library, wish: "cranelift", now: SampleFile.now) == empty)
    #expect(catalog.engine(library, wish: "", now: SampleFile.now) == silent)
  }

  @Test func doubtsAnEngineWhoseLibraryChanged() throws {
    #expect(try commit { $0.engines = [finding(.unavailable(reason: "why"))] } == .written)
    let catalog = try fixture.open()
    for part in [\FileStamp.modified, \FileStamp.changed, \FileStamp.size] {
      var changed = library
      changed[keyPath: part] += 1
      #expect(catalog.engine(changed, wish: "cranelift", now: SampleFile.now) == nil)
    }
    #expect(catalog.engine(library, wish: "cranelift", now: library.changed) == nil)
  }

  @Test func doubtsAnEngineThatWasProbedTooSoon() throws {
    var finding = finding(.unavailable(reason: "why"))
    finding.probed -= 1
    #expect(try commit { $0.engines = [finding] } == .written)
    #expect(try fixture.open().engine(library, wish: "cranelift", now: SampleFile.now) == nil)
  }

  // MARK: Modules

  @Test func remembersSightingsAndCompilations() throws {
    let path = FilePath(bytes: Array("/odd/".utf8) + [0xff, 0x0a] + Array(".wasm".utf8))
    let sightings = (0..<3).map {
      Sighting(module: SampleFile(number: $0).module.hash, path: path, size: Int64($0), seen: SampleFile.now)
    }
    let compilation = Compilation(
      module: SampleFile(number: 1).module.hash, engine: Array(repeating: 7, count: 32),
      artifact: ArtifactDigest(SampleFile(number: 2).module.hash.digest), nanoseconds: 12_345, size: 99,
      compiled: SampleFile.now)
    #expect(
      try commit {
        $0.sightings = sightings
        $0.compilations = [compilation]
      } == .written)
    let catalog = try fixture.open()
    #expect(Set(catalog.sightings()) == Set(sightings))
    #expect(catalog.compilations() == [compilation])
    let other = WasmHash.generate([1, 2, 3])
    #expect(catalog.compiled([other, compilation.module], by: compilation.engine) == [compilation.module])
    #expect(catalog.compiled([compilation.module], by: [1]).isEmpty)
  }

  @Test func asksForSightingsOnceADay() throws {
    let day: Int64 = 86_400 * SampleFile.second
    let root = SampleFile.root
    #expect(try fixture.open().statIndex(root: root).wantsSightings(now: SampleFile.now))
    let sighting = Sighting(module: SampleFile(number: 1).module.hash, path: "/a", size: 1, seen: SampleFile.now)
    func run(now: Int64, _ sightings: [Sighting]) throws -> Catalog.CommitResult {
      let index = try fixture.index()
      return try commit(
        {
          $0.roots = [RootUpdate(index: index, hashed: [SampleFile(number: 1).row], seen: nil)]
          $0.sightings = sightings
        }, now: now)
    }
    #expect(try run(now: SampleFile.now, [sighting]) == .written)
    #expect(try !fixture.index().wantsSightings(now: SampleFile.now + day))
    #expect(try fixture.index().wantsSightings(now: SampleFile.now + day + 1))
    // Those of a few changed modules do not stand for all.
    #expect(try run(now: SampleFile.now + day / 2, [sighting]) == .written)
    #expect(try fixture.index().wantsSightings(now: SampleFile.now + day + 1))
  }

  // MARK: Counts

  @Test func addsUpCounts() throws {
    #expect(try fixture.open().tally() == Tally())
    for _ in 0..<2 {
      #expect(
        try commit {
          $0.tally.hits = 10
          $0.tally.misses = [.newModule: 2, .evicted: 1]
          $0.tally.compileNanoseconds = 500
        } == .written)
    }
    var expected = Tally()
    expected.hits = 20
    expected.misses = [
      .newModule: 4, .newTarget: 0, .engineChanged: 0, .artifactCorrupt: 0, .otherEngine: 0, .linkLost: 0, .evicted: 2,
      .forced: 0, .refused: 0,
    ]
    expected.compileNanoseconds = 1000
    expected.since = SampleFile.now
    #expect(try fixture.open().tally() == expected)
    #expect(try fixture.open().zeroTally(now: SampleFile.now + 1) == .written)
    #expect(try fixture.open().tally().hits == 0)
    #expect(try fixture.open().tally().since == SampleFile.now + 1)
  }

  @Test func countsHitsAtMostOnceAnHour() throws {
    try fixture.record(0..<1)
    #expect(try commit { $0.tally.hits = 5 } == .nothingToWrite)
    let index = try fixture.index()
    let update = RootUpdate(index: index, hashed: [], seen: nil)
    #expect(
      try commit {
        $0.tally.hits = 5
        $0.roots = [update]
      } == .nothingToWrite)
    let hour: Int64 = 3600 * SampleFile.second
    #expect(
      try commit(
        {
          $0.tally.hits = 5
          $0.roots = [update]
        }, now: SampleFile.now + hour + 1) == .written)
    #expect(try fixture.open().tally().hits == 5)
  }

  @Test func countsDoNotOverflow() throws {
    for _ in 0..<2 {
      #expect(
        try commit {
          $0.tally.misses = [.forced: 1]
          $0.tally.hits = .max
        } == .written)
    }
    #expect(try fixture.open().tally().hits == .max)
  }
}
