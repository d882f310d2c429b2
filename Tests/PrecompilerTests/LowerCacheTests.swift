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
struct LowerCacheTests: LowerCacheSuite {
  let stage: StagedRun
  let toolchain = FakeToolchain("one")

  init() throws { stage = try StagedRun() }

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

}
