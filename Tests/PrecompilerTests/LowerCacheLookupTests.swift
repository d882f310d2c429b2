import Foundation
import Glibc
import LinuxIO
import PrecompilerTestSupport
import Scanning
import SystemPackage
import TestSupport
import Testing

@testable import Precompiler
@testable import WasmCache

/// How many modules are looked up in lower caches, and why something is missing in them.
struct LowerCacheLookupTests: LowerCacheSuite {
  let stage: StagedRun
  let toolchain = FakeToolchain("one")

  init() throws { stage = try StagedRun() }

  // MARK: Many modules

  /// As many as it takes for the directories to be asked instead of each entry.
  private func makeMany() throws -> [String] {
    let names = (0..<TargetLookups.fewest).map { "\($0)" }
    for name in names { try stage.write(name) }
    try make("lower", names)
    return names
  }

  /// Looks up and fetches as a run does.
  private func lookUp(
    _ names: [String], trust: CacheTrust = .owner
  ) throws -> (wasLookedAt: Bool, TargetLookups) {
    let caches = OpenCaches(
      own: try CacheDirectory(making: stage.cachePath),
      lower: [try CacheDirectory.lower(at: stage.directory("lower"), trust: trust)])
    let scan = ScanStage(input: stage.request(names).input, caches: caches, lanes: 1).run()
    var distinct = DistinctModules(of: scan, limit: scan.count)
    for file in scan.indices {
      let bytes = StagedRun.contents(scan[file].path.lastComponent?.string ?? "")
      distinct.add(file, ModuleFacts(hash: .generate(bytes), kind: .coreModule, size: bytes.count))
    }
    let target = CompileTarget(toolchain, wish: 0, identity: toolchain.identity(), order: 0, caches: caches)
    var catalog = RunCatalog(caches.own, isReadOnly: false)
    var look = LookUpStage(contents: distinct.contents, targets: [target], caches: caches, lanes: 1)
    // What was made just now is too new to be believed.
    look.now += 3_000_000_000
    var lookups = try look.run(catalog)
    let known = LoadingCatalog(of: caches.own, isWritable: true)
    let store = LowerCache(cache: caches.lower[0], number: 0, catalog: known, lanes: 1)
    _ = FetchStage(contents: distinct.contents, targets: [target], stores: [store]).run(&lookups)
    known.flush()
    catalog.remember(lookups)
    #expect(catalog.commit() == nil)
    return (lookups[0].isLookedAt, lookups[0])
  }

  @Test func whereNothingChangedNoEntryIsLookedAt() throws {
    let names = try makeMany()
    let (first, found) = try lookUp(names)
    #expect(first && found.missing.isEmpty && found.fromLowerCaches == names.count)
    let (second, known) = try lookUp(names)
    #expect(!second && known.missing.isEmpty && known.fromLowerCaches == names.count)
    let summary = try stage.run(request(names, above: "lower"), toolchain)
    #expect(summary.plan.fromLowerCaches == names.count && summary.upToDate == names.count)
    // A change below is noticed.
    let gone = StagedRun.contents(names[7])
    let target = summary.targets[0]
    #expect(unlink(target.lower[0].entryPath(.generate(gone)).string) == 0)
    let (third, changed) = try lookUp(names)
    #expect(third && changed.missing == [7] && changed.fromLowerCaches == names.count - 1)
    #expect(try stage.run(request(names, above: "lower"), toolchain).compiled == 1)
  }

  @Test func aLowerCacheThatIsLeftOutIsNoticed() throws {
    let names = try makeMany()
    _ = try lookUp(names)
    #expect(try !lookUp(names).wasLookedAt)
    let summary = try stage.run(stage.request(names), toolchain)
    #expect(summary.compiled == names.count && summary.plan.fromLowerCaches == 0)
  }

  @Test func whoTrustsLessLooksAgain() throws {
    let names = try makeMany()
    let entry = try #require(FileManager.default.contentsOfDirectory(atPath: engines("lower")).first)
    #expect(chmod(engines("lower") + "/" + entry, 0o777) == 0)
    let (_, found) = try lookUp(names, trust: .anyone)
    #expect(found.fromLowerCaches == names.count)
    #expect(try !lookUp(names, trust: .anyone).wasLookedAt)
    let (wasLookedAt, refused) = try lookUp(names)
    #expect(wasLookedAt && refused.missing.count == names.count)
  }

  private func engines(_ cache: String) -> String { stage.directory(cache).string + "/v1/engines" }

  // MARK: Why something is missing

  @Test func whatCannotBeReadIsToldOnce() throws {
    let modules = try ["a", "b", "c"].map { try stage.write($0) }
    try make("lower", ["a", "b", "c"])
    var request = request(["a", "b", "c"], above: "lower")
    request.purpose = .dryRun
    let target = try stage.run(request, toolchain).targets[0]
    // A file in a directory's place fails for root, too.
    let places = [target.lower[0].path] + (try modules.map { try object(target, 0, $0).removingLastComponent() })
    for place in places {
      _ = try Tool.shell("mv \"$1\" \"$1.away\" && touch \"$1\"", [place.string])
      let observer = RecordingObserver()
      let summary = try stage.run(request, [toolchain], observer: observer)
      let work = place == places[0] ? "open the cache directory" : "look at artifacts"
      #expect(
        trouble(observer) == ["lower cache \(place.lastComponent?.string ?? ""): cannot \(work): not a directory"])
      #expect(summary.plan.jobs.count == (place == places[0] ? 3 : 1))
      _ = try Tool.shell("rm \"$1\" && mv \"$1.away\" \"$1\"", [place.string])
    }
  }

  @Test func onlyOneOfAllArtifactsIsToldWhereAllAreAnothers() throws {
    for name in ["a", "b", "c"] { try stage.write(name) }
    try make("lower", ["a", "b", "c"])
    let entry = try #require(FileManager.default.contentsOfDirectory(atPath: engines("lower")).first)
    #expect(chmod(engines("lower") + "/" + entry, 0o777) == 0)
    let observer = RecordingObserver()
    let summary = try stage.run(request(["a", "b", "c"], above: "lower"), [toolchain], observer: observer)
    #expect(summary.compiled == 3)
    #expect(trouble(observer).count == 1, "\(observer.said)")
    let targets = summary.targets[0]
    #expect(try targets.entryPath(stage.write("a"))?.starts(with: stage.cachePath) == true)
  }

  @Test func theReasonIsTheLowerCaches() throws {
    let modules = try ["a", "b"].map { try stage.write($0) }
    try make("lower", ["a"])
    try make("lower", ["b"], FakeToolchain("one", build: 2))
    var request = request(["a", "b"], above: "lower")
    request.purpose = .dryRun
    let target = try stage.run(request, toolchain).targets[0]
    try flip(object(target, 0, modules[0]))
    let summary = try stage.run(request, toolchain)
    #expect(summary.plan.jobs.map { "\($0.name) \($0.reason)" }.sorted() == ["a artifactCorrupt", "b engineChanged"])
  }

  @Test func lowerCachesWithTheSameArtifactAreEachReadOnce() throws {
    let module = try stage.write("a")
    for name in ["first", "second"] { try make(name, ["a"]) }
    for name in ["first", "second"] { _ = try stage.run(request(["a"], above: name), toolchain) }
    let own = try CacheDirectory(making: stage.cachePath)
    let catalog = try #require(Catalog.open(in: own.base, .readOnly).catalog)
    for name in ["first", "second"] {
      let lower = EngineDirectory(toolchain.identity(), in: try .lower(at: stage.directory(name)))
      let digest = try #require(lower.artifactDigest(module))
      let file = try Descriptor.status(of: lower.entryPath(module)).stamp.identity
      #expect(catalog.checkedObject(digest, in: file) != nil)
    }
  }
}
