import Glibc
import LinuxIO
import PrecompilerTestSupport
import SystemPackage
import TestSupport
import Testing

@testable import Precompiler
@testable import WasmCache

/// Runs with several compilers, of which each is asked for several things.
struct SeveralToolchainsTests {
  private let stage: StagedRun
  private let modules: [WasmHash]
  private static let otherFormat = ArtifactFormat(name: "other", suffix: ".other", magic: Array("other".utf8))

  init() throws {
    let stage = try StagedRun()
    self.stage = stage
    modules = try ["a", "b", "c"].map { try stage.write($0) }
  }

  private var request: PrecompileRequest { stage.request(["a", "b", "c"]) }

  private func other(keepsSessions: Bool = false) -> FakeToolchain {
    FakeToolchain(
      "three", format: Self.otherFormat, build: 2, keepsSessions: keepsSessions,
      making: { module, wish in "other \(wish) \(module)" })
  }

  @Test func eachArtifactIsFiledUnderItsIdentity() throws {
    let first = FakeToolchain("one", "two")
    let summary = try stage.run(request, first, other())
    #expect(summary.compiled == 9)
    #expect(summary.targets.map(\.name) == ["one (fake 1)", "two (fake 1)", "three (other 1)"])
    #expect(summary.targets.map(\.order) == [0, 1, 2])
    for target in summary.targets {
      let prefix = target.order < 2 ? "fake" : "other"
      for module in modules {
        #expect(try stage.artifact(target, module) == "\(prefix) \(target.identity.wish) \(module)")
        #expect(target.entryPath(module)?.string.hasSuffix("\(module).\(prefix)") == true)
      }
    }
    #expect(try stage.run(request, first, other()).upToDate == 9)
    #expect(first.compilations.count == 6)
    try stage.expectNothingLeft()
  }

  @Test func eachDirectorySaysWhatItIsFor() throws {
    let summary = try stage.run(request, FakeToolchain("one", "two"), other())
    for target in summary.targets {
      let folder = try Descriptor.open(#require(target.directory).path, O_RDONLY)
      let description = EngineDescription(in: folder)
      #expect(description == EngineDescription(target.identity))
    }
    let engines = try Descriptor.open(stage.cachePath.appending("v1/engines"), O_RDONLY)
    let names = Set(try engines.names().map(\.string))
    #expect(names == Set(summary.targets.map(\.identity.directoryName)))
  }

  @Test func aLaneThatChangesCompilersGivesTheFirstBack() throws {
    let toolchains = [FakeToolchain("one", "two", keepsSessions: true), other(keepsSessions: true)]
    let observer = RecordingObserver()
    _ = try stage.run(request, toolchains, observer: observer)
    #expect(toolchains.map(\.sessions) == [1, 1] && toolchains.map(\.idle) == [1, 1])
    #expect(toolchains.map(\.ended) == [0, 0])
    let unkept = [FakeToolchain("four", "five"), other()]
    var again = request
    again.work.force = true
    _ = try stage.run(again, unkept, observer: observer)
    #expect(unkept.map(\.sessions) == [1, 1] && unkept.map(\.ended) == [1, 1])
  }

  /// Only artifacts of compilers that are judged can be old.
  @Test func nobodyJudgesWhatHeDoesNotKnow() throws {
    let summary = try stage.run(request, FakeToolchain("one"), other())
    let cache = try #require(summary.caches.own)
    var limits = EvictionLimits()
    limits.currentBuilds = ["cranelift": ["00"], "thre": ["00"], "three-four": ["00"]]
    let nothing = try cache.evict(limits, dryRun: false, now: WallClock.now()) { _, _ in }
    #expect(nothing.entries == 0)
    limits.currentBuilds = ["three": ["00"]]
    let old = try cache.evict(limits, dryRun: false, now: WallClock.now()) { _, _ in }
    #expect(old.entries == 3)
    let again = try stage.run(request, FakeToolchain("one"), other())
    #expect(again.upToDate == 3 && again.compiled == 3)
  }

  @Test func aCompilerWhoseNameBeginsAlikeIsAnother() throws {
    _ = try stage.run(request, FakeToolchain("one-two", build: 8))
    let other = try stage.run(request, FakeToolchain("one"))
    #expect(other.plan.jobs.map(\.reason) == [.newModule, .newModule, .newModule])
    let newer = try stage.run(request, FakeToolchain("one", build: 9))
    #expect(newer.plan.jobs.map(\.reason) == [.engineChanged, .engineChanged, .engineChanged])
  }
}
