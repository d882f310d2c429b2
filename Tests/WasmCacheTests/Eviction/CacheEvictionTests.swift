import Dispatch
import Glibc
import LinuxIO
import Synchronization
import SystemPackage
import TestSupport
import Testing
import WasmEngine

@testable import WasmCache

/// Removing from a cache that others use.
struct CacheEvictionTests {
  let fixture: CacheFixture
  private let modules = (1...3).map { WasmHash.generate([UInt8($0)]) }

  init() throws {
    fixture = try CacheFixture()
    let writer = try fixture.writer()
    for (number, module) in modules.enumerated() { try writer.publish([UInt8(number + 1)], for: module) }
  }

  private func evict(_ limits: EvictionLimits, dryRun: Bool = false) throws -> EvictionResult {
    try fixture.cache.evict(limits, dryRun: dryRun, now: WallClock.now()) { _, _ in }
  }

  private func limit(size: Int64) -> EvictionLimits {
    var limits = EvictionLimits()
    limits.size = size
    return limits
  }

  private var isThere: [Bool] {
    modules.map { if case .present = fixture.reader().lookUp($0) { true } else { false } }
  }

  @Test func entryAndObjectGoTogether() throws {
    for (module, day) in zip(modules, [2, 1, 3] as [Int64]) {
      try fixture.setLastUse(of: module, CacheFixture.identity(), to: day * 1_000_000_000)
    }
    #expect(try evict(limit(size: 2), dryRun: true).entries == 1)
    #expect(isThere == [true, true, true])
    let result = try evict(limit(size: 2))
    #expect(result.entries == 1 && result.objects == 1 && result.freed == 1 && result.kept == 2 && result.size == 2)
    #expect(isThere == [true, false, true])
    #expect(fixture.reader().lookUp(modules[1]) == .absent(.newModule))
    #expect(try fixture.objects().count == 2)
  }

  /// An entry that only tells that its artifact was moved aside is none that is left.
  @Test func whatIsLeftIsCountedByArtifacts() throws {
    let digest = try #require(ArtifactDigest(hex: WasmHash.generate([2]).encode().utf8))
    let judged = try Descriptor.status(of: fixture.object([2])).stamp.identity
    #expect(fixture.cache.setAside(digest, judged: judged))
    try fixture.remove(fixture.object([3]))
    for dryRun in [true, false] {
      let result = try evict(EvictionLimits(), dryRun: dryRun)
      #expect(result.entries == 1 && result.kept == 1 && result.size == 2)
    }
    #expect(isThere == [true, false, false])
  }

  @Test func nothingIsLeftOfACacheThatIsCleared() throws {
    #expect(try evict(.nothing).kept == 0)
    #expect(try fixture.names("engines") == [])
    #expect(try fixture.objects().isEmpty)
    try fixture.writer().publish([1], for: modules[0])
    #expect(isThere == [true, false, false])
  }

  @Test func theDirectoryThatAWriterHasOpenStays() throws {
    let writer = try fixture.writer()
    #expect(try evict(.nothing).entries == 3)
    #expect(try fixture.names("engines") == [CacheFixture.identity().directoryName])
    try writer.publish([1], for: modules[0])
    #expect(isThere == [true, false, false])
  }

  @Test func whatIsUsedOrMadeAgainAfterItWasListedStays() throws {
    // More than are removed at once, so that something can happen in between.
    let others = (0..<100).map { WasmHash.generate([9, UInt8($0)]) }
    let writer = try fixture.writer()
    for (number, module) in others.enumerated() {
      try writer.publish([9, UInt8(number)], for: module)
      try fixture.setLastUse(of: module, CacheFixture.identity(), to: Int64(number + 1) * 1_000_000_000)
    }
    let now = WallClock.now()
    var limits = EvictionLimits()
    limits.age = 3_600_000_000_000
    var isFirst = true
    let reader = fixture.reader()
    let result = try fixture.cache.evict(limits, dryRun: false, now: now) { _, _ in
      guard isFirst else { return }
      isFirst = false
      reader.recordUse(of: others[98], now: now)
      // The object is made anew under another module's entry, too.
      try? writer.publish([9, 99], for: WasmHash.generate([10]))
    }
    #expect(result.entries == 99 && result.objects == 98)
    #expect(reader.lookUp(others[98]) == .present(size: 2))
    #expect(reader.lookUp(others[99]) == .absent(.newModule))
    #expect(reader.lookUp(.generate([10])) == .present(size: 2))
    #expect(isThere == [true, true, true])
  }

  @Test func anArtifactThatIsOpenStaysWhole() throws {
    let entry = try Descriptor.open(fixture.reader().entryPath(modules[0]), 0)
    _ = try evict(.nothing)
    var byte: UInt8 = 0
    let count = try withUnsafeMutableBytes(of: &byte) { bytes in try entry.read(into: bytes, at: 0) }
    #expect(count == 1 && byte == 1)
  }

  /// Threads publish the same few artifacts under changing modules while others remove everything: when a publication has
  /// returned and nothing is removed any more, its entry leads somewhere. Were an object taken between its name and its
  /// entry's, it would not.
  @Test func noEntryIsLeftWithoutItsObject() throws {
    let cache = fixture.cache
    let reader = fixture.reader()
    let writer = try fixture.writer()
    let dangling = Mutex(0)
    let group = DispatchGroup()
    for thread in 0..<3 {
      // A queue each has a thread each, however few processors there are.
      DispatchQueue(label: "\(thread)").async(group: group) {
        for round in 0..<150 {
          let module = WasmHash.generate([UInt8(thread), UInt8(round)])
          try? writer.publish([UInt8(round % 5)], for: module)
          if case .absent(.evicted) = reader.lookUp(module) { dangling.withLock { $0 += 1 } }
        }
      }
    }
    while group.wait(timeout: .now()) == .timedOut {
      _ = try cache.evict(.nothing, dryRun: false, now: WallClock.now()) { _, _ in }
    }
    #expect(dangling.withLock { $0 } == 0)
    for entry in try CacheInventory(of: cache).entries { #expect(reader.lookUp(entry.module) == .present(size: 1)) }
  }

  /// Entries that were listed without their objects, which come before it is their turn: victims go 64 at a time.
  @Test func whatHasItsObjectByThenStays() throws {
    let writer = try fixture.writer()
    for number in 0..<100 { try writer.publish([UInt8(number), 0], for: .generate([UInt8(number), 1])) }
    for number in 0..<100 { try fixture.remove(fixture.object([UInt8(number), 0])) }
    var told = 0
    let result = try fixture.cache.evict(EvictionLimits(), dryRun: false, now: WallClock.now()) { _, _ in
      told += 1
      guard told == 1 else { return }
      for number in 0..<100 {
        let path = fixture.object([UInt8(number), 0])
        try? Descriptor.open(path, O_WRONLY | O_CREAT, mode: 0o444).write(bytes: [UInt8(number), 0])
      }
    }
    #expect(result.entries == 64)
    let left = (0..<100).count { fixture.reader().lookUp(.generate([UInt8($0), 1])) == .present(size: 2) }
    #expect(left == 36)
  }

  /// A build's artifacts are new: however often room is made beside it, within limits that they keep, none of them goes.
  @Test func whatIsPublishedBesideEvictionStays() throws {
    let writer = try fixture.writer()
    let group = DispatchGroup()
    for thread in 0..<3 {
      DispatchQueue(label: "\(thread)").async(group: group) {
        for round in 0..<150 {
          let bytes = [UInt8(thread), UInt8(round), 7]
          try? writer.publish(bytes, for: .generate(bytes))
        }
      }
    }
    while group.wait(timeout: .now()) == .timedOut { _ = try evict(EvictionLimits()) }
    for thread in 0..<3 {
      for round in 0..<150 {
        #expect(fixture.reader().lookUp(.generate([UInt8(thread), UInt8(round), 7])) == .present(size: 3))
      }
    }
  }

  @Test func roomIsMadeAtMostOnceAnHour() throws {
    let now = WallClock.now()
    let hour: Int64 = 3_600_000_000_000
    #expect(try fixture.cache.evictIfDue(size: 2, now: now)?.entries == 1)
    #expect(try fixture.cache.evictIfDue(size: 2, now: now + hour / 2) == nil)
    #expect(try fixture.cache.evictIfDue(size: 3, now: now + hour / 2) == nil)
    #expect(try fixture.cache.evictIfDue(size: 1, now: now + hour / 2)?.entries == 1, "a smaller limit counts at once")
    // A clock that was set back does not put it off.
    #expect(try fixture.cache.evictIfDue(size: 0, now: now - hour)?.entries == 1)
  }

  /// It is so large that a cache need not be looked at as soon as it is made.
  @Test func aLimitThatNobodyChoseCanWait() throws {
    let now = WallClock.now()
    let hour: Int64 = 3_600_000_000_000
    #expect(try fixture.cache.evictIfDue(size: 1, isChosen: false, now: now) == nil)
    #expect(try fixture.cache.evictIfDue(size: 1, isChosen: false, now: now + hour / 2) == nil)
    #expect(try fixture.cache.evictIfDue(size: 1, isChosen: false, now: now + 2 * hour)?.entries == 2)
  }

  @Test func twoDoNotMakeRoomAtTheSameTime() throws {
    let now = WallClock.now()
    _ = try fixture.cache.evictIfDue(size: 100, now: now)
    let mark = try Descriptor.open(fixture.path.appending("v1/evicted"), 0)
    #expect(try mark.tryLock())
    #expect(try fixture.cache.evictIfDue(size: 0, now: now + 7_200_000_000_000) == nil)
    mark.unlock()
    #expect(try fixture.cache.evictIfDue(size: 0, now: now + 7_200_000_000_000)?.entries == 3)
  }
}

/// What tells how long ago an artifact was used.
struct EntryUseTests {
  @Test func aUseIsRecordedOnceADayInTheLinkAlone() throws {
    let fixture = try CacheFixture()
    let module = WasmHash.generate([1])
    try fixture.writer().publish([1], for: module)
    let reader = fixture.reader()
    func lastUse() throws -> Int64? { try CacheInventory(of: fixture.cache).entries.first?.lastUse }
    func stamps() throws -> [FileStamp] {
      let object = fixture.object([1])
      return try [reader.path, object.removingLastComponent(), object].map { try Descriptor.status(of: $0).stamp }
    }
    let before = try stamps()
    let now = WallClock.now()
    let hour: Int64 = 3_600_000_000_000
    try fixture.setLastUse(of: module, CacheFixture.identity(), to: now - 23 * hour)
    reader.recordUse(of: module, now: now)
    #expect(try lastUse() == now - 23 * hour)
    try fixture.setLastUse(of: module, CacheFixture.identity(), to: now - 25 * hour)
    reader.recordUse(of: module, now: now)
    #expect(try #require(try lastUse()) >= now - hour)
    try fixture.setLastUse(of: module, CacheFixture.identity(), to: now + 25 * hour)
    reader.recordUse(of: module, now: now)
    #expect(try #require(try lastUse()) < now + hour)
    #expect(try stamps() == before)
    // What is not there is no trouble.
    reader.recordUse(of: .generate([2]), now: now)
  }

  @Test(arguments: [true, false]) func aHostThatMayWriteRecordsItsLoads(isWritable: Bool) throws {
    let fixture = try CacheFixture()
    let module = WasmHash.generate([1])
    try fixture.writer().publish([1], for: module)
    let day: Int64 = 24 * 3_600_000_000_000
    let start = WallClock.now()
    let past = start - 30 * day
    func lastUse() throws -> Int64? { try CacheInventory(of: fixture.cache).entries.first?.lastUse }
    try fixture.setLastUse(of: module, CacheFixture.identity(), to: past)
    let catalog = LoadingCatalog(of: fixture.cache, isWritable: isWritable)
    // Later than the artifact by so much that its bytes are not looked at again.
    let clock = Mutex(start + 10_000_000_000)
    let entries = VerifiedEntries(fixture.reader(), catalog) { clock.withLock { $0 } }
    _ = try entries.open(module)
    #expect((try lastUse() == past) == !isWritable)
    // It goes on for days, and says so on each of them, once.
    try fixture.setLastUse(of: module, CacheFixture.identity(), to: past)
    clock.withLock { $0 += day - 1_000_000_000 }
    _ = try entries.open(module)
    #expect(try lastUse() == past)
    clock.withLock { $0 += 2_000_000_000 }
    _ = try entries.open(module)
    #expect((try lastUse() == past) == !isWritable)
  }
}
