import LinuxIO
import RemoteProtocol
import Synchronization
import Testing

@testable import RemoteClient

@Suite struct RetryScheduleTests {
  @Test func pausesGrowFourfoldAndDiffer() {
    #expect(
      (0...4).map { RetrySchedule.delay(after: $0, random: 0) }
        == [10_000_000, 40_000_000, 160_000_000, 640_000_000, 640_000_000])
    #expect((0...2).map { RetrySchedule.delay(after: $0, random: 1) } == [20_000_000, 80_000_000, 320_000_000])
    #expect(RetrySchedule.delay(after: -1, random: 7) == 20_000_000)
  }

  @Test func triesEndSoonerWhereNothingSucceeds() {
    func count(isBusy: Bool, isFirst: Bool = false, othersSucceed: Bool) -> Int {
      var tries = RetrySchedule.Tries()
      var count = 1
      while tries.delay(isBusy: isBusy, isFirst: isFirst, othersSucceed: othersSucceed, random: 0) != nil { count += 1 }
      return count
    }
    #expect(count(isBusy: false, othersSucceed: false) == 5 && count(isBusy: true, othersSucceed: false) == 7)
    #expect(count(isBusy: false, othersSucceed: true) == 16 && count(isBusy: true, othersSucceed: true) == 7)
    #expect(count(isBusy: false, isFirst: true, othersSucceed: false) == 3)
    var tries = RetrySchedule.Tries()
    #expect(tries.delay(isBusy: false, othersSucceed: true, random: 0) == 10_000_000)
    #expect(tries.delay(isBusy: false, othersSucceed: false, random: 0) == 40_000_000)
    #expect(tries.delay(isBusy: false, othersSucceed: false, random: 0) == 160_000_000)
    #expect(tries.delay(isBusy: false, othersSucceed: true, random: 0) == 10_000_000)
  }
}

@Suite struct CallProgressTests {
  private let start = MonotonicInstant(nanoseconds: 1_000_000_000_000)
  private let patience = Patience(milliseconds: 5000)

  private func after(_ seconds: Double) -> MonotonicInstant { start.adding(seconds: seconds) }

  @Test func silenceEndsACall() throws {
    let progress = CallProgress(patience, allowance: 0, start: start)
    #expect(try progress.timeLeft(heard: start, now: after(2)) == 3_000_000_000)
    #expect(throws: RemoteTrouble(.silent, "the server did not answer within 5 s")) {
      try progress.timeLeft(heard: start, now: after(5))
    }
  }

  @Test func aLargeAnswerMayTakeLongerIfSomethingComes() throws {
    let progress = CallProgress(patience, allowance: 1 << 20, start: start)
    // 4 s for the megabyte.
    #expect(try progress.timeLeft(heard: after(8), now: after(8.5)) == 500_000_000)
    #expect(throws: RemoteTrouble.self) { try progress.timeLeft(heard: after(3), now: after(8.5)) }
  }

  @Test func tricklingDoesNotLastForEver() throws {
    let progress = CallProgress(patience, allowance: 0, start: start)
    for second in 1...4 { progress.step(1, now: after(Double(second))) }
    #expect(try progress.timeLeft(heard: after(4), now: after(4.5)) < 1_000_000_000)
    progress.step(1, now: after(5))
    let slow = #expect(throws: SlowCall.self) { try progress.timeLeft(heard: after(5), now: after(5.1)) }
    #expect(
      slow?.trouble
        == RemoteTrouble(.silent, "the server sends too slowly: what was asked for is not there after 5 s"))
  }

  @Test func aByteAfterTheCallBeganMakesSilenceNoSlowness() throws {
    let progress = CallProgress(patience, allowance: 0, start: start)
    progress.step(1, now: after(0.01))
    #expect(throws: RemoteTrouble(.silent, "the server did not answer within 5 s")) {
      try progress.timeLeft(heard: after(0.01), now: after(5.005))
    }
  }

  @Test func bytesBuyTime() throws {
    let progress = CallProgress(patience, allowance: 0, start: start)
    progress.step(100 << 20, now: after(300))
    #expect(try progress.timeLeft(heard: after(300), now: after(301)) == 4_000_000_000)
  }
}

/// Counts what is open at a time.
private final class Gauge: Sendable {
  private let state = Mutex((open: 0, most: 0))

  func open() { state.withLock { $0 = ($0.open + 1, max($0.most, $0.open + 1)) } }

  func close() { state.withLock { $0.open -= 1 } }

  var most: Int { state.withLock { $0.most } }
}

@Suite struct CallLimiterTests {
  private struct TooMuch: Error {}

  /// Runs calls that wait until all that may be open at a time are open.
  private func open(_ limiter: CallLimiter, _ calls: Int, fails: Bool) async -> Int {
    let gauge = Gauge()
    await withTaskGroup(of: Void.self) { group in
      for _ in 0..<calls {
        group.addTask {
          try? await limiter.run(isTooMuch: { $0 is TooMuch }) {
            gauge.open()
            for _ in 0..<50 { await Task.yield() }
            gauge.close()
            if fails { throw TooMuch() }
          }
        }
      }
    }
    return gauge.most
  }

  @Test func noMoreThanTheLimitAreOpen() async {
    let limiter = CallLimiter(5)
    #expect(await open(limiter, 100, fails: false) <= 5)
    #expect(limiter.limit == 5)
  }

  @Test func callsThatAreTooManyTogetherHalveTheLimitOnce() async {
    let limiter = CallLimiter(8)
    _ = await open(limiter, 8, fails: true)
    #expect(limiter.limit == 4)
    _ = await open(limiter, 4, fails: true)
    #expect(limiter.limit == 2)
  }

  @Test func successesRaiseItAgainButNotBeyond() async {
    let limiter = CallLimiter(4)
    _ = await open(limiter, 4, fails: true)
    _ = await open(limiter, 2, fails: false)
    #expect(limiter.limit == 3)
    _ = await open(limiter, 100, fails: false)
    #expect(limiter.limit == 4)
  }
}

@Suite struct BatcherTests {
  @Test func whatComesMeanwhileGoesOutTogether() async throws {
    let batches = Mutex<[[Int]]>([])
    let gate = AsyncStream.makeStream(of: Void.self)
    let batcher = Batcher<Int, Int>(calls: 1, weight: 100, count: 3) { items in
      let isFirst = batches.withLock {
        $0.append(items)
        return $0.count == 1
      }
      if isFirst { for await _ in gate.stream { break } }
      return items.map { .success($0 * 2) }
    }
    let first = Task { try await batcher.submit(0, weight: 1) }
    while batches.withLock({ $0.isEmpty }) { await Task.yield() }
    // Each in a task of its own, one after the other, so that their order is known.
    var others: [Task<Int, any Error>] = []
    for item in 1...5 {
      others.append(Task { try await batcher.submit(item, weight: item == 5 ? 1000 : 30) })
      while await batcher.count < item { await Task.yield() }
    }
    gate.continuation.finish()
    #expect(try await first.value == 0)
    var results: [Int] = []
    for other in others { results.append(try await other.value) }
    #expect(results == [2, 4, 6, 8, 10])
    #expect(batches.withLock { $0 } == [[0], [1, 2, 3], [4], [5]])
  }

  @Test func aFailedBatchFailsForAllOfIt() async {
    let batcher = Batcher<Int, Int>(calls: 2, weight: 100, count: 3) { _ in throw RemoteTrouble(.full, "full") }
    await #expect(throws: RemoteTrouble(.full, "full")) { try await batcher.submit(1, weight: 1) }
  }
}
