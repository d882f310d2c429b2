import LinuxIO
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

/// What goes, in which order, and why.
struct EvictionPlanTests {
  private static let day: Int64 = 24 * 3_600_000_000_000
  private static let now = 1000 * day

  let fixture: CacheFixture

  init() throws { fixture = try CacheFixture() }

  /// Publishes an artifact of some bytes that was used some days ago.
  @discardableResult
  private func publish(
    _ number: UInt8, size: Int = 100, daysAgo: Int64, _ identity: ArtifactIdentity = CacheFixture.identity()
  ) throws -> WasmHash {
    let module = WasmHash.generate([number])
    try fixture.writer(identity).publish([UInt8](repeating: number, count: size), for: module)
    try fixture.setLastUse(of: module, identity, to: Self.now - daysAgo * Self.day)
    return module
  }

  /// The first bytes of the victims' artifacts, with the causes.
  private func victims(
    _ limits: EvictionLimits, space: FileSystemSpace = .init(total: 10_000, available: 5000)
  ) throws -> [String] {
    let inventory = try CacheInventory(of: fixture.cache)
    let plan = EvictionPlan(
      inventory, limits, space: space, now: Self.now, isSetAside: fixture.cache.isSetAside)
    let objects = try fixture.objects()
    return plan.victims.map { victim in
      let number = victim.object.flatMap { objects["\($0.digest)"]?.first }.map { "\($0)" } ?? "-"
      return "\(number), \(victim.entries.count) entries, \(victim.cause.rawValue)"
    }
  }

  private func limits(_ change: (inout EvictionLimits) -> Void) -> EvictionLimits {
    var limits = EvictionLimits()
    change(&limits)
    return limits
  }

  @Test func withoutLimitsEverythingThatCanBeLoadedStays() throws {
    try publish(1, daysAgo: 900)
    #expect(try victims(EvictionLimits()) == [])
  }

  @Test func whatWasUsedLongestAgoGoesUntilTheRestFits() throws {
    try publish(1, daysAgo: 1)
    try publish(2, daysAgo: 3)
    try publish(3, daysAgo: 2)
    #expect(try victims(limits { $0.size = 300 }) == [])
    #expect(try victims(limits { $0.size = 299 }) == ["2, 1 entries, least recently used"])
    #expect(
      try victims(limits { $0.size = 199 })
        == ["2, 1 entries, least recently used", "3, 1 entries, least recently used"])
    #expect(try victims(.nothing).count == 3)
  }

  @Test func ofTwoThatWereUsedTogetherTheLargerGoes() throws {
    try publish(1, size: 10, daysAgo: 1)
    try publish(2, size: 1000, daysAgo: 1)
    try publish(3, size: 100, daysAgo: 1)
    #expect(try victims(limits { $0.size = 500 }) == ["2, 1 entries, least recently used"])
  }

  @Test func whatIsOlderThanTheLimitGoesWhateverTheSize() throws {
    try publish(1, daysAgo: 29)
    try publish(2, daysAgo: 31)
    #expect(try victims(limits { $0.age = 30 * Self.day }) == ["2, 1 entries, too old"])
  }

  @Test func anArtifactOfSeveralModulesIsAsYoungAsItsYoungestUse() throws {
    let artifact: [UInt8] = [7]
    for (number, days) in [(UInt8(1), Int64(40)), (2, 3)] {
      let module = WasmHash.generate([number])
      try fixture.writer().publish(artifact, for: module)
      try fixture.setLastUse(of: module, CacheFixture.identity(), to: Self.now - days * Self.day)
    }
    #expect(try victims(limits { $0.age = 30 * Self.day }) == [])
    #expect(try victims(limits { $0.age = 2 * Self.day }) == ["7, 2 entries, too old"])
  }

  @Test func roomIsMadeUntilTheFileSystemHasWhatIsWanted() throws {
    try publish(1, daysAgo: 2)
    try publish(2, daysAgo: 1)
    let space = FileSystemSpace(total: 10_000, available: 950)
    #expect(try victims(limits { $0.free = .bytes(950) }, space: space) == [])
    #expect(try victims(limits { $0.free = .percent(10) }, space: space) == ["1, 1 entries, least recently used"])
    #expect(try victims(limits { $0.free = .bytes(1051) }, space: space).count == 2)
  }

  @Test func artifactsOfOtherEnginesGoWhenWanted() throws {
    try publish(1, daysAgo: 0, CacheFixture.identity(build: 1))
    try publish(2, daysAgo: 0, CacheFixture.identity(build: 2))
    #expect(try victims(limits { $0.currentBuilds = ["cranelift": ["02"]] }) == ["1, 1 entries, of an old engine"])
    // An artifact that a kept engine shares stays.
    try fixture.writer(CacheFixture.identity(build: 2)).publish([UInt8](repeating: 1, count: 100), for: .generate([3]))
    #expect(try victims(limits { $0.currentBuilds = ["cranelift": ["02"]] }) == ["-, 1 entries, of an old engine"])
  }

  /// Another compiler's artifacts have builds that no libwasmtime has.
  @Test func artifactsOfCompilersThatCannotBeJudgedStay() throws {
    let llvm = Backend(rawValue: "wasmer-llvm")
    try publish(1, daysAgo: 0, CacheFixture.identity(llvm, build: 1))
    #expect(try victims(limits { $0.currentBuilds = ["cranelift": ["02"], "wasmer": ["02"]] }) == [])
    #expect(
      try victims(limits { $0.currentBuilds = ["wasmer-llvm": ["02"]] }) == ["1, 1 entries, of an old engine"])
  }

  /// A compiler may be the same, and what it starts another.
  @Test func whatOtherProgramsHelpedToMakeIsOld() throws {
    let llvm = Backend(rawValue: "wasmer-llvm")
    let identity = CacheFixture.identity(llvm, build: 1)
    try publish(1, daysAgo: 0, identity)
    func victims(madeBy record: [UInt8], of backend: String = "wasmer-llvm") throws -> [String] {
      try self.victims(
        limits {
          $0.currentBuilds = ["wasmer-llvm": ["01"]]
          $0.wouldMake = [backend: { $0.record == record.hex }]
        })
    }
    #expect(try victims(madeBy: identity.record) == [])
    #expect(try victims(madeBy: identity.record + [0]) == ["1, 1 entries, of an old engine"])
    #expect(try victims(madeBy: [0], of: "wasmer") == [])
  }

  @Test func whatCannotBeLoadedGoesAlways() throws {
    let module = try publish(1, daysAgo: 0)
    try fixture.writer().publish([2], for: module)
    #expect(try victims(EvictionLimits()) == ["1, 0 entries, named by no entry"])
    let lost = try publish(3, daysAgo: 0)
    try fixture.remove(fixture.object([UInt8](repeating: 3, count: 100)))
    #expect(try victims(EvictionLimits()) == ["-, 1 entries, without an artifact", "1, 0 entries, named by no entry"])
    #expect(fixture.reader().lookUp(lost) == .absent(.evicted))
  }

  @Test func anEntryWhoseArtifactWasMovedAsideStaysToTellSo() throws {
    let module = try publish(1, daysAgo: 0)
    try fixture.corrupt(fixture.object([UInt8](repeating: 1, count: 100)), with: [9])
    try fixture.cache.verify(repair: true) { _ in }
    #expect(try victims(EvictionLimits()) == [])
    #expect(fixture.reader().lookUp(module) == .absent(.artifactCorrupt))
    #expect(try victims(.nothing).count == 2)
  }
}
