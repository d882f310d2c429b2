import SystemPackage
import TestSupport
import Testing

@testable import Watching

/// Times are told, so these tests know no waiting.
@Suite struct ChangeBatcherTests {
  private let start = SuspendingClock().now
  private var batcher = ChangeBatcher()
  private let path: FilePath = "/r/x.wasm"
  private let other: FilePath = "/r/y.wasm"

  private func at(_ milliseconds: Int) -> SuspendingClock.Instant { start + .milliseconds(milliseconds) }

  private mutating func note(_ kind: FileEvent.Kind, _ path: FilePath? = nil, at milliseconds: Int) {
    batcher.note(FileEvent(path: path ?? self.path, kind: kind, time: at(milliseconds)))
  }

  /// Asks whenever the batcher wants to be asked, up to a time, and returns the first thing that settles.
  private mutating func next(until limit: Int) -> (settled: ChangeBatcher.Settled, milliseconds: Int)? {
    while let time = batcher.nextTime, time <= at(limit) {
      let settled = batcher.settle(at: time)
      if settled != ChangeBatcher.Settled() {
        return (settled, Int(start.duration(to: time) / .milliseconds(1)))
      }
    }
    return nil
  }

  private mutating func finish(_ outcome: WarmOutcome, at milliseconds: Int) -> [ChangeBatcher.Diagnostic] {
    batcher.finish([path: outcome, other: outcome], at: at(milliseconds))
  }

  /// Makes the path known, so that its removal is worth telling; ends before `milliseconds`.
  private mutating func know(until milliseconds: Int) {
    note(.written, at: milliseconds - 50)
    _ = next(until: milliseconds)
    _ = finish(.warmed, at: milliseconds)
  }

  @Test func nothingIsPendingAtFirst() {
    #expect(batcher.nextTime == nil)
    #expect(!batcher.isRunning)
  }

  @Test(arguments: [
    (FileEvent.Kind.written, 20), (.movedIn, 20), (.created, 100), (.listed, 100),
  ])
  mutating func settlesAfterItsTime(kind: FileEvent.Kind, wait: Int) throws {
    note(kind, at: 0)
    let (settled, time) = try #require(next(until: 1000))
    #expect(time == wait)
    #expect(settled.changes == [Change(path: path, cause: kind, time: at(0))])
    #expect(batcher.isRunning)
  }

  @Test mutating func closeShortensCreate() throws {
    note(.created, at: 0)
    note(.written, at: 30)
    let (settled, time) = try #require(next(until: 1000))
    #expect(time == 50)
    #expect(settled.changes.map(\.cause) == [.written])
    #expect(settled.changes.map(\.time) == [at(30)])
  }

  @Test mutating func createAfterCloseWaitsForTheNewWriter() throws {
    note(.written, at: 0)
    note(.created, at: 10)
    #expect(try #require(next(until: 1000)).milliseconds == 110)
  }

  @Test mutating func furtherEventsExtend() throws {
    for time in stride(from: 0, through: 100, by: 10) { note(.written, at: time) }
    #expect(try #require(next(until: 1000)).milliseconds == 120)
  }

  @Test mutating func extensionIsCapped() throws {
    for time in stride(from: 0, through: 600, by: 10) { note(.written, at: time) }
    #expect(try #require(next(until: 2000)).milliseconds == 500)
    // What came after that is stale at once and settles on its own.
    _ = finish(.warmed, at: 500)
    note(.written, at: 610)
    #expect(try #require(next(until: 2000)).milliseconds == 630)
  }

  @Test mutating func debounceStretchesTheOtherTimes() throws {
    batcher = ChangeBatcher(times: SettleTimes(debounce: .milliseconds(300)))
    note(.written, at: 0)
    note(.created, other, at: 0)
    let (settled, time) = try #require(next(until: 5000))
    #expect(time == 300)
    #expect(settled.changes.map(\.path) == [path, other])
    #expect(SettleTimes(debounce: .milliseconds(300)).longest == .milliseconds(1500))
    #expect(SettleTimes(debounce: .zero).afterCreate == .milliseconds(100))
  }

  @Test mutating func pathsSettleIndependently() throws {
    note(.written, at: 0)
    note(.written, other, at: 15)
    #expect(try #require(next(until: 1000)).settled.changes.map(\.path) == [path])
    _ = finish(.warmed, at: 22)
    let (settled, _) = try #require(next(until: 1000))
    #expect(settled.changes.map(\.path) == [other])
  }

  @Test mutating func whatIsDueTogetherIsOneBatchInOrderOfTime() throws {
    note(.written, other, at: 0)
    note(.written, at: 1)
    let settled = batcher.settle(at: at(100))
    #expect(settled.changes.map(\.path) == [other, path])
  }

  @Test mutating func whatIsThereAtTheStartIsDueAtOnce() {
    batcher.note(FileEvent(path: path, kind: .listed, time: at(0)), atOnce: true)
    #expect(batcher.settle(at: at(0)).changes.map(\.path) == [path])
  }

  @Test mutating func oneBatchAtATime() throws {
    note(.written, at: 0)
    _ = next(until: 100)
    note(.written, other, at: 30)
    let (settled, time) = try #require(next(until: 1000))
    #expect(settled.changes.isEmpty && settled.isWaiting)
    #expect(time == 50)
    #expect(batcher.nextTime == nil)
    _ = finish(.warmed, at: 200)
    #expect(try #require(next(until: 1000)).settled.changes.map(\.path) == [other])
  }

  @Test mutating func eventWhileRunningMakesItStaleAndRunsItOnceMore() throws {
    note(.written, at: 0)
    _ = next(until: 100)
    #expect(!batcher.isStale(path))
    note(.written, at: 30)
    note(.written, at: 40)
    #expect(batcher.isStale(path) && !batcher.isStale(other))
    // What a stale run says does not count.
    #expect(finish(.failed("no"), at: 100) == [])
    #expect(!batcher.isStale(path))
    let (settled, _) = try #require(next(until: 1000))
    #expect(settled.changes == [Change(path: path, cause: .written, time: at(40))])
    _ = finish(.warmed, at: 200)
    #expect(next(until: 10_000) == nil)
    #expect(batcher.nextTime == nil)
  }

  /// A rescan during a long batch must not make all of its work worthless.
  @Test mutating func listingDoesNotMakeARunStale() throws {
    note(.written, at: 0)
    _ = next(until: 100)
    note(.listed, at: 30)
    #expect(!batcher.isStale(path))
    // It is looked at once more all the same, and only then complained about.
    #expect(finish(.failed("broken"), at: 100) == [])
    #expect(try #require(next(until: 1000)).settled.changes.map(\.path) == [path])
    #expect(finish(.failed("broken"), at: 200).count == 1)
  }

  @Test mutating func staleBusyRunIsNotRetriedBesides() {
    note(.written, at: 0)
    _ = next(until: 100)
    note(.written, at: 30)
    _ = finish(.busy, at: 40)
    #expect(next(until: 1000)?.settled.changes == [Change(path: path, cause: .written, time: at(30))])
  }

  @Test mutating func busyIsRetriedWithGrowingPauses() throws {
    note(.created, at: 0)
    var time = try #require(next(until: 1000)).milliseconds
    for (attempt, wait) in zip(1..., [50, 100, 200, 400, 800, 1600, 2000, 2000]) {
      _ = finish(.busy, at: time)
      let (settled, later) = try #require(next(until: time + 5000))
      #expect(later - time == wait)
      #expect(settled.changes == [Change(path: path, cause: .created, time: at(0), attempt: attempt)])
      time = later
    }
  }

  @Test mutating func closeEndsTheWaitForABusyFile() throws {
    note(.created, at: 0)
    var time = try #require(next(until: 1000)).milliseconds
    for _ in 0..<6 {
      _ = finish(.busy, at: time)
      time = try #require(next(until: time + 5000)).milliseconds
    }
    _ = finish(.busy, at: time)
    note(.written, at: time + 10)
    let (settled, later) = try #require(next(until: time + 5000))
    #expect(later == time + 30)
    #expect(settled.changes.map(\.attempt) == [0])
  }

  @Test mutating func removalOfAKnownModuleIsTold() throws {
    know(until: 1000)
    note(.removed, at: 1000)
    let (settled, time) = try #require(next(until: 5000))
    #expect(time == 1100)
    #expect(settled.removals == [Change(path: path, cause: .removed, time: at(1000))])
    #expect(settled.changes.isEmpty && !batcher.isRunning)
    // Only once.
    note(.removed, at: 1200)
    #expect(next(until: 5000) == nil)
  }

  @Test(arguments: [WarmOutcome.busy, .gone, .deferred])
  mutating func removalOfAFileThatWasNeverReadIsNotTold(outcome: WarmOutcome) {
    note(.created, at: 0)
    _ = next(until: 1000)
    _ = finish(outcome, at: 100)
    note(.removed, at: 110)
    #expect(next(until: 10_000) == nil)
  }

  @Test mutating func temporaryFileThatComesAndGoesIsNothing() {
    note(.created, at: 0)
    note(.written, at: 1)
    note(.removed, at: 2)
    #expect(next(until: 5000) == nil)
  }

  @Test mutating func renameAwayAndBackIsOneChange() throws {
    know(until: 1000)
    note(.removed, at: 1000)
    note(.created, at: 1001)
    note(.written, at: 1002)
    let (settled, time) = try #require(next(until: 5000))
    #expect(time == 1022)
    #expect(settled.changes.map(\.cause) == [.written] && settled.removals.isEmpty)
  }

  @Test mutating func removalWhileRunningIsToldAfterwards() throws {
    note(.written, at: 0)
    _ = next(until: 100)
    note(.removed, at: 30)
    #expect(batcher.isStale(path))
    #expect(next(until: 1000)?.settled.isWaiting != true)
    _ = finish(.warmed, at: 2000)
    let (settled, _) = try #require(next(until: 5000))
    #expect(settled.removals.map(\.path) == [path])
    #expect(batcher.knownModules == 0)
  }

  @Test mutating func fileThatIsGoneBeforeItIsReadIsNotTold() {
    note(.written, at: 0)
    _ = next(until: 100)
    note(.removed, at: 30)
    _ = finish(.gone, at: 40)
    #expect(next(until: 5000) == nil)
  }

  @Test mutating func failureIsToldAtOnce() {
    note(.written, at: 0)
    _ = next(until: 100)
    let diagnostics = finish(.failed("out of memory"), at: 30)
    #expect(diagnostics.map(\.message) == ["out of memory"])
    #expect(next(until: 10_000) == nil)
  }

  @Test mutating func moduleThatDoesNotParseIsToldOnceWhenItHasBeenQuietForASecond() throws {
    note(.written, at: 0)
    _ = next(until: 100)
    #expect(finish(.rejected("no magic"), at: 30) == [])
    let (settled, time) = try #require(next(until: 10_000))
    #expect(time == 1000)
    #expect(settled.diagnostics.map(\.message) == ["no magic"])
    #expect(next(until: 100_000) == nil)
  }

  @Test mutating func slowCompilerDoesNotDelayTheDiagnosticFurther() throws {
    note(.written, at: 0)
    _ = next(until: 100)
    _ = finish(.rejected("no magic"), at: 3000)
    #expect(try #require(next(until: 10_000)).milliseconds == 3000)
  }

  @Test mutating func moduleThatIsFinishedInTimeIsNeverComplainedAbout() throws {
    note(.written, at: 0)
    _ = next(until: 100)
    _ = finish(.rejected("truncated"), at: 30)
    note(.written, at: 900)
    let (settled, _) = try #require(next(until: 10_000))
    #expect(settled.diagnostics.isEmpty && settled.changes.count == 1)
    _ = finish(.warmed, at: 950)
    #expect(next(until: 100_000) == nil)
  }

  @Test mutating func nothingIsToldOfWhatIsRemovedBeforeItWasAModule() {
    note(.written, at: 0)
    _ = next(until: 100)
    _ = finish(.rejected("truncated"), at: 30)
    note(.removed, at: 100)
    #expect(next(until: 10_000) == nil)
  }

  @Test mutating func deferredComesWithTheNextBatch() throws {
    note(.written, at: 0)
    _ = next(until: 100)
    note(.written, other, at: 30)
    _ = batcher.finish([path: .deferred], at: at(60))
    let (settled, _) = try #require(next(until: 1000))
    #expect(settled.changes.map(\.path) == [path, other])
  }

  @Test mutating func pathWithoutOutcomeIsDeferred() throws {
    note(.written, at: 0)
    _ = next(until: 100)
    _ = batcher.finish([:], at: at(60))
    #expect(try #require(next(until: 1000)).settled.changes.map(\.path) == [path])
  }

  /// Any mixture of events ends with each path handed out after its last event, and never twice at once.
  @Test(arguments: 0..<50) mutating func noEventIsEverLost(seed: UInt64) {
    var random = SeededGenerator(seed: seed)
    func below(_ bound: Int) -> Int { Int.random(in: 0..<bound, using: &random) }
    let kinds: [FileEvent.Kind] = [.listed, .created, .written, .movedIn]
    var lastEvent: [FilePath: Int] = [:]
    var lastHandedOut: [FilePath: Int] = [:]
    var running: Set<FilePath> = []
    var now = 0
    for step in 0..<500 {
      now += below(30)
      let path = FilePath("/r/\(below(5)).wasm")
      if step < 400, below(3) > 0 {
        note(kinds[below(kinds.count)], path, at: now)
        lastEvent[path] = now
      }
      let changes = batcher.settle(at: at(now)).changes.map(\.path)
      #expect(changes.isEmpty || running.isEmpty)
      for path in changes { lastHandedOut[path] = now }
      running.formUnion(changes)
      if !running.isEmpty, below(2) == 0 {
        let outcomes: [WarmOutcome] = [.warmed, .unchanged, .busy, .gone, .deferred, .rejected("r")]
        let told = Dictionary(uniqueKeysWithValues: running.map { ($0, outcomes[step < 400 ? below(6) : 0]) })
        _ = batcher.finish(told, at: at(now))
        running = []
      }
      if step > 400 { now += 100 }
    }
    for (path, time) in lastEvent { #expect(lastHandedOut[path] ?? -1 > time) }
    #expect(batcher.knownModules <= 5)
  }
}

@Suite struct RetryScheduleTests {
  @Test func doublesFromFiftyMillisecondsToTwoSeconds() {
    let waits = (0...10).map { RetrySchedule.delay(afterAttempt: $0) / .milliseconds(1) }
    #expect(waits == [50, 50, 100, 200, 400, 800, 1600, 2000, 2000, 2000, 2000])
  }
}
