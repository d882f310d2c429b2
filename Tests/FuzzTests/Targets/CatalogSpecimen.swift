import CatalogSamples
import LinuxIO
import SystemPackage
import TestSupport

@testable import WasmCache

/// A small catalog to do things to, and what a run does with a catalog.
enum CatalogSpecimen {
  private static let sample = SampleFile(number: 1)
  private static let engine = EngineFinding(
    library: SampleFile(number: 2).stamp, wish: "cranelift", probed: SampleFile.now - SampleFile.second,
    result: .available(record: Array(0..<100), build: Array(repeating: 0xbd, count: 20)))

  /// The bytes of its file.
  static var file: [UInt8] { get throws { try made.get() } }

  private static let made = Result {
    let directory = try TemporaryDirectory()
    guard let catalog = Catalog.open(in: directory.path).catalog, record(in: catalog) == .written else {
      throw Finding(description: "no catalog can be made in \(directory.path)")
    }
    return try [UInt8](contentsOf: directory(CatalogPlace.name))
  }

  /// Records as a run does that met a file and an engine.
  static func record(in catalog: Catalog) -> Catalog.CommitResult {
    let hash = sample.module.hash
    var record = RunRecord()
    record.roots = [RootUpdate(index: catalog.statIndex(root: SampleFile.root), hashed: [sample.row], seen: nil)]
    record.engines = [engine]
    record.sightings = [Sighting(module: hash, path: "/project/target/a.wasm", size: 8, seen: SampleFile.now)]
    record.compilations = [
      Compilation(
        module: hash, engine: Array(repeating: 3, count: 32), artifact: ArtifactDigest(hash.digest), nanoseconds: 7,
        size: 9,
        compiled: SampleFile.now)
    ]
    record.fingerprints = [FoundState(DirectoryFingerprint(hash.digest))]
    record.tally.hits = 1
    record.tally.compileNanoseconds = 7
    record.tally.misses = [.newModule: 1]
    return catalog.commit(record, now: SampleFile.now)
  }

  static func isRemembered(in catalog: Catalog) -> Bool {
    SampleFile.known(in: catalog.statIndex(root: SampleFile.root), of: 1..<2) == 1
      && catalog.engine(engine.library, wish: engine.wish, now: SampleFile.now) == engine.result
  }

  /// Reads all that any command reads.
  static func readEverything(_ catalog: Catalog) {
    let index = catalog.statIndex(root: SampleFile.root)
    for number in 0..<index.count { _ = index.lookup(index[number].stamp, now: SampleFile.now) }
    _ = catalog.engine(engine.library, wish: engine.wish, now: SampleFile.now)
    let engines = Set(catalog.compilations().map(\.engine))
    for engine in engines { _ = catalog.compiled(catalog.sightings().map(\.module), by: engine) }
    _ = catalog.fromLowerCaches(in: DirectoryFingerprint(sample.module.hash.digest), now: SampleFile.now)
    if let digest = ArtifactDigest(hex: sample.module.hash.encode().utf8) {
      _ = catalog.checkedObject(digest, in: sample.stamp.identity)
    }
    _ = catalog.tally()
    _ = catalog.trouble
  }
}
