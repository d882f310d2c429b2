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

/// Runs above caches that other runs made, which are only read.
struct LowerCacheTests {
  private let stage: StagedRun
  private let toolchain = FakeToolchain("one")

  init() throws { stage = try StagedRun() }

  /// Makes a cache that has some modules.
  private func make(_ lower: String, _ names: [String], _ other: FakeToolchain? = nil) throws {
    var request = stage.request(names)
    request.caches.path = stage.directory(lower)
    #expect(try stage.run(request, other ?? FakeToolchain("one")).failed == 0)
  }

  private func request(_ names: [String], above lower: String...) -> PrecompileRequest {
    var request = stage.request(names)
    request.caches.lower = lower.map { stage.directory($0) }
    return request
  }

  /// Everything in a directory, with what would change if somebody wrote to it.
  private func listing(_ name: String) throws -> String {
    try Tool.shell("find \"$1\" -printf '%p %i %s %m %T@ %C@ %l\\n' | sort", [stage.directory(name).string])
  }

  /// The file that an entry leads to.
  private func object(_ target: CompileTarget, _ lower: Int, _ module: WasmHash) throws -> FilePath {
    let entry = target.lower[lower].entryPath(module)
    return FilePath(try Tool.shell("readlink -f \"$1\"", [entry.string]).split(separator: "\n").map(String.init)[0])
  }

  private func flip(_ path: FilePath) throws {
    _ = try Tool.shell(
      "chmod u+w \"$1\" && printf X | dd of=\"$1\" bs=1 seek=9 conv=notrunc status=none && chmod u-w \"$1\"",
      [path.string])
  }

  private func trouble(_ observer: RecordingObserver) -> [String] {
    observer.said.filter { $0.hasPrefix("lower cache ") }
      .map { $0.replacing("\(stage.directory.path)/", with: "") }
  }

  // MARK: What is there is used

  @Test func whatALowerCacheHasIsUsedWhereItLies() throws {
    let modules = try ["a", "b", "c"].map { try stage.write($0) }
    try make("lower", ["a", "b"])
    let before = try listing("lower")
    let observer = RecordingObserver()
    let summary = try stage.run(request(["a", "b", "c"], above: "lower"), [toolchain], observer: observer)
    #expect(observer.began == ["c"] && summary.compiled == 1)
    #expect(summary.upToDate == 2 && summary.plan.fromLowerCaches == 2)
    #expect(try listing("lower") == before, "nothing is written there")
    let target = summary.targets[0]
    let lower = stage.directory("lower").string
    #expect(modules.map { target.entryPath($0)?.string.hasPrefix(lower) } == [true, true, false])
    #expect(target.directory?.artifactDigest(modules[0]) == nil)
    #expect(trouble(observer).isEmpty)
    // And again, with what was remembered.
    let again = try stage.run(request(["a", "b", "c"], above: "lower"), toolchain)
    #expect(again.plan.jobs.isEmpty && again.plan.fromLowerCaches == 2 && again.upToDate == 3)
    #expect(try listing("lower") == before)
    try stage.expectNothingLeft()
  }

  @Test func whatOnesOwnCacheHasComesFirst() throws {
    let module = try stage.write("a")
    try make("lower", ["a"])
    _ = try stage.run(stage.request(["a"]), toolchain)
    let summary = try stage.run(request(["a"], above: "lower"), toolchain)
    #expect(summary.upToDate == 1 && summary.plan.fromLowerCaches == 0)
    #expect(summary.targets[0].entryPath(module)?.starts(with: stage.cachePath) == true)
  }

  @Test func theFirstOfSeveralComesFirst() throws {
    let modules = try ["a", "b", "c"].map { try stage.write($0) }
    try make("first", ["a"])
    try make("second", ["a", "b"])
    let summary = try stage.run(request(["a", "b", "c"], above: "first", "second", "first"), toolchain)
    #expect(summary.compiled == 1 && summary.plan.fromLowerCaches == 2)
    #expect(summary.caches.lower.map(\.path) == ["first", "second"].map { stage.directory($0) })
    let target = summary.targets[0]
    let places = modules.map { target.place(of: $0)?.cache.path.lastComponent?.string }
    #expect(places == ["first", "second", "cache"])
  }

  @Test func eachTargetsPartIsAskedForItself() throws {
    try stage.write("a")
    try make("lower", ["a"], FakeToolchain("two"))
    let summary = try stage.run(request(["a"], above: "lower"), FakeToolchain("one", "two"))
    #expect(summary.compiled == 1 && summary.plan.fromLowerCaches == 1)
    #expect(summary.outcomes.map(\.job.target.name) == ["one"])
  }

  @Test func forceCompilesAllTheSame() throws {
    let module = try stage.write("a")
    try make("lower", ["a"])
    var request = request(["a"], above: "lower")
    request.work.force = true
    let summary = try stage.run(request, toolchain)
    #expect(summary.compiled == 1 && summary.plan.fromLowerCaches == 0 && summary.plan.jobs.map(\.reason) == [.forced])
    #expect(summary.targets[0].entryPath(module)?.starts(with: stage.cachePath) == true)
  }

  @Test(arguments: [RunPurpose.dryRun, .check, .frozen]) func runsThatOnlyLookUseItAndWriteNothing(
    _ purpose: RunPurpose
  ) throws {
    for name in ["a", "b"] { try stage.write(name) }
    try make("lower", ["a"])
    let before = try listing("lower")
    var request = request(["a", "b"], above: "lower")
    request.purpose = purpose
    let observer = RecordingObserver()
    let summary = try stage.run(request, [toolchain], observer: observer)
    #expect(summary.plan.fromLowerCaches == 1 && summary.plan.jobs.map(\.name) == ["b"])
    #expect(try listing("lower") == before)
    #expect(throws: SystemError.self) { try Descriptor.status(of: stage.cachePath) }
  }

  // MARK: What cannot be used

  @Test func changedBytesAreToldAndCompiledAbove() throws {
    let modules = try ["a", "b"].map { try stage.write($0) }
    try make("lower", ["a", "b"])
    let target = try stage.run(request(["a", "b"], above: "lower"), toolchain).targets[0]
    try flip(object(target, 0, modules[0]))
    let before = try listing("lower")
    let observer = RecordingObserver()
    let summary = try stage.run(request(["a", "b"], above: "lower"), [toolchain], observer: observer)
    #expect(trouble(observer) == ["lower cache lower: its artifact is corrupt: a is compiled instead"])
    #expect(summary.compiled == 1 && summary.plan.fromLowerCaches == 1)
    #expect(try stage.artifact(target, modules[0]) == FakeToolchain.artifact(of: modules[0], target.identity.wish))
    #expect(target.entryPath(modules[0])?.starts(with: stage.cachePath) == true)
    #expect(try listing("lower") == before, "nothing is set aside there")
    let again = try stage.run(request(["a", "b"], above: "lower"), toolchain)
    #expect(again.plan.jobs.isEmpty && again.plan.fromLowerCaches == 1)
  }

  /// What is told is true: nothing is compiled where another lower cache has it.
  @Test func whatAnotherLowerCacheHasIsNotCompiledInstead() throws {
    let module = try stage.write("a")
    try make("first", ["a"])
    try make("second", ["a"])
    let target = try stage.run(request(["a"], above: "first", "second"), toolchain).targets[0]
    try flip(object(target, 0, module))
    let observer = RecordingObserver()
    let summary = try stage.run(request(["a"], above: "first", "second"), [toolchain], observer: observer)
    #expect(summary.compiled == 0 && summary.plan.fromLowerCaches == 1)
    #expect(trouble(observer) == ["lower cache first: its artifact is corrupt: a is taken from another lower cache"])
    #expect(summary.targets[0].entryPath(module)?.starts(with: stage.directory("second")) == true)
  }

  @Test func aRunThatOnlyLooksDoesNotSayThatItCompiles() throws {
    let module = try stage.write("a")
    try make("lower", ["a"])
    let target = try stage.run(request(["a"], above: "lower"), toolchain).targets[0]
    let entry = target.lower[0].entryPath(module)
    _ = try Tool.shell("ln -sfn /etc/passwd \"$1\"", [entry.string])
    var request = request(["a"], above: "lower")
    request.purpose = .frozen
    let observer = RecordingObserver()
    let summary = try stage.run(request, [toolchain], observer: observer)
    #expect(summary.isWanting)
    #expect(trouble(observer) == ["lower cache lower: its artifact is corrupt: a is missing"])
  }

  @Test func aLowerCacheThatIsNotThereIsTold() throws {
    try stage.write("a")
    let observer = RecordingObserver()
    let summary = try stage.run(request(["a"], above: "absent"), [toolchain], observer: observer)
    #expect(summary.compiled == 1 && summary.caches.lower.isEmpty)
    #expect(trouble(observer).count == 1 && trouble(observer)[0].hasPrefix("lower cache absent: "))
    #expect(throws: SystemError.self) { try Descriptor.status(of: stage.directory("absent")) }
  }

  @Test(arguments: ["lower", "lower/v1/objects"]) func oneThatOthersMayWriteToIsNotUsed(_ place: String) throws {
    try stage.write("a")
    try make("lower", ["a"])
    #expect(chmod(stage.directory(place).string, 0o777) == 0)
    let observer = RecordingObserver()
    let summary = try stage.run(request(["a"], above: "lower"), [toolchain], observer: observer)
    #expect(summary.compiled == 1 && summary.plan.fromLowerCaches == 0)
    #expect(trouble(observer).count == 1, "\(observer.said)")
  }

  @Test func aDirectoryInItThatOthersMayWriteToIsNotUsed() throws {
    let module = try stage.write("a")
    try make("lower", ["a"])
    var request = request(["a"], above: "lower")
    request.purpose = .check
    let target = try stage.run(request, toolchain).targets[0]
    let places = [try object(target, 0, module).removingLastComponent(), target.lower[0].path]
    for purpose in [RunPurpose.check, .compile] {
      request.purpose = purpose
      for place in places {
        #expect(chmod(place.string, 0o777) == 0)
        let observer = RecordingObserver()
        let summary = try stage.run(request, [toolchain], observer: observer)
        #expect(summary.plan.fromLowerCaches == 0 && summary.plan.jobs.count == 1)
        #expect(chmod(place.string, 0o700) == 0)
        if purpose == .compile { break }
        #expect(trouble(observer).count == 1, "\(observer.said)")
      }
    }
  }

  @Test func onesOwnCacheBelowItselfIsNothing() throws {
    try stage.write("a")
    _ = try stage.run(stage.request(["a"]), toolchain)
    let observer = RecordingObserver()
    let summary = try stage.run(request(["a"], above: "cache"), [toolchain], observer: observer)
    #expect(summary.upToDate == 1 && summary.plan.fromLowerCaches == 0 && summary.caches.lower.isEmpty)
    #expect(trouble(observer).isEmpty)
  }

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
