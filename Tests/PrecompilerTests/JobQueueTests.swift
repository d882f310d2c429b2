import Glibc
import PrecompilerTestSupport
import Synchronization
import TestSupport
import Testing

@testable import Precompiler

struct JobQueueTests {
  private func jobs(_ names: String...) throws -> [Job] { try ScannedFiles(names).jobs }

  /// What the queue hands out: the job's name, the number of its threads if they are several, `?` if it was postponed before.
  private func next(_ queue: JobQueue) -> String? {
    guard case .job(let job, let threads, let isPostponed) = queue.next() else { return nil }
    return job.name + (threads > 1 ? "\(threads)" : "") + (isPostponed ? "?" : "")
  }

  @Test func handsOutInOrder() throws {
    let queue = JobQueue(try jobs("a", "b", "c"), threads: 1)
    for name in ["a", "b", "c"] {
      #expect(next(queue) == name)
      queue.finished(threads: 1)
    }
    #expect(next(queue) == nil)
    #expect(queue.leftOver.isEmpty)
  }

  @Test func fewerJobsThanThreadsShareThem() throws {
    let queue = JobQueue(try jobs("a", "b", "c", "d"), threads: 3)
    #expect(next(queue) == "a")
    #expect(next(queue) == "b", "four are left")
    queue.finished(threads: 1)
    #expect(next(queue) == "c", "three are left: one is running, and two wait")
    queue.finished(threads: 1)
    #expect(next(queue) == "d2", "two are left, and the other has one")
    #expect(next(queue) == nil)
    let many = JobQueue(try jobs("a", "b", "c"), threads: 8)
    #expect([next(many), next(many), next(many)] == ["a3", "b3", "c2"])
  }

  /// However many jobs may run at the same time.
  @Test(arguments: 1...9, 1...9) func theThreadsOfAllJobsAreNoMoreThanThereAre(_ threads: Int, _ count: Int) throws {
    let queue = JobQueue(try ScannedFiles((0..<count).map { "\($0)" }).jobs, threads: threads)
    var running: [Int] = []
    var random = SeededGenerator(seed: UInt64(threads * 10 + count))
    while true {
      if !running.isEmpty, Bool.random(using: &random) {
        queue.finished(threads: running.removeLast())
      } else if case .job(_, let granted, _) = queue.next() {
        running.append(granted)
        #expect(running.reduce(0, +) <= max(threads, running.count))
      } else {
        break
      }
    }
  }

  @Test func whatRunsCountsAsLeft() throws {
    let queue = JobQueue(try jobs("a", "b"), threads: 2)
    #expect(next(queue) == "a")
    #expect(next(queue) == "b", "a is still running")
    let alone = JobQueue(try jobs("a"), threads: 2)
    #expect(next(alone) == "a2")
    let single = JobQueue(try jobs("a"), threads: 1)
    #expect(next(single) == "a", "one is all there are")
  }

  @Test func postponedJobsComeAtTheEnd() throws {
    let all = try jobs("a", "b", "c")
    let queue = JobQueue(all, threads: 1)
    #expect(next(queue) == "a")
    queue.postpone(all[0], threads: 1)
    #expect(next(queue) == "b")
    queue.postpone(all[1], threads: 1)
    #expect(queue.leftOver.map(\.name) == ["c", "a", "b"])
    #expect(next(queue) == "c")
    queue.finished(threads: 1)
    #expect(next(queue) == "a?")
    queue.finished(threads: 1)
    #expect(next(queue) == "b?")
    queue.finished(threads: 1)
    #expect(next(queue) == nil)
  }

  /// As a lane does that gets no process.
  @Test func whatALaneCannotDoIsNextForAnother() throws {
    let all = try jobs("a", "b", "c")
    let queue = JobQueue(all, threads: 2)
    #expect(next(queue) == "a")
    #expect(!queue.giveBack(all[0], threads: 1), "nobody else would come for it")
    #expect(next(queue) == "b")
    #expect(queue.giveBack(all[0], threads: 1))
    #expect(next(queue) == "a", "not postponed: no other process has it")
    queue.finished(threads: 1)
    queue.finished(threads: 1)
    #expect(next(queue) == "c2")
    #expect(next(queue) == nil)
  }

  /// Whoever waits for a slot is told to stop waiting only when no job can come back.
  @Test func aJobThatRunsMayComeBack() throws {
    let all = try jobs("a", "b")
    let queue = JobQueue(all, threads: 2)
    #expect(!queue.isDrained)
    #expect(next(queue) == "a" && next(queue) == "b")
    #expect(!queue.isDrained)
    queue.finished(threads: 1)
    queue.postpone(all[0], threads: 1)
    #expect(!queue.isDrained)
    #expect(next(queue) == "a?")
    #expect(!queue.isDrained, "it waits for a claim")
    queue.finished(threads: 1)
    #expect(queue.isDrained)
  }

  @Test func stoppedQueueHandsOutNothing() throws {
    let all = try jobs("a", "b", "c")
    let queue = JobQueue(all, threads: 1)
    #expect(next(queue) == "a")
    queue.postpone(all[0], threads: 1)
    queue.stop()
    #expect(next(queue) == nil)
    #expect(queue.leftOver.map(\.name) == ["b", "c", "a"])
  }

  @Test func manyLanesGetEachJobOnce() throws {
    let queue = JobQueue(try ScannedFiles((0..<100).map { "\($0)" }).jobs, threads: 8)
    let got = Mutex<[String]>([])
    Concurrently.run(8) { _ in
      while case .job(let job, _, let isPostponed) = queue.next() {
        if !isPostponed && job.name.hasSuffix("7") {
          queue.postpone(job, threads: 1)
        } else {
          got.withLock { $0.append(job.name) }
          queue.finished(threads: 1)
        }
      }
    }
    // A lane that found the queue empty is gone, and leaves to others what they postpone afterwards.
    let names = got.withLock { $0 } + queue.leftOver.map(\.name)
    #expect(names.count == 100 && Set(names).count == 100)
  }

  // MARK: Jobs that wait for others

  /// A queue in which some jobs wait for others, by their names.
  private func queue(
    _ all: [Job], _ leaders: [String: String], isAwaited: (Job) -> Bool = { _ in false }
  ) throws -> JobQueue {
    let keys = Dictionary(uniqueKeysWithValues: all.map { ($0.name, JobKey($0)) })
    let pairs = try leaders.map { (try #require(keys[$0]), try #require(keys[$1])) }
    return JobQueue(all, threads: 1, leaders: Dictionary(uniqueKeysWithValues: pairs), isAwaited: isAwaited)
  }

  @Test func aJobWaitsForAnothersEnd() throws {
    let all = try jobs("a", "b", "c", "d")
    let queue = try queue(all, ["a": "c", "b": "c"])
    #expect(next(queue) == "c", "the first that waits for none")
    queue.finished(threads: 1)
    #expect(next(queue) == "d")
    queue.finished(threads: 1)
    #expect(waits(queue) && !queue.isDrained)
    #expect(queue.leftOver.map(\.name) == ["a", "b"])
    queue.ended(all[3])
    #expect(waits(queue), "nobody waited for it")
    queue.ended(all[2])
    queue.ended(all[2])
    #expect(next(queue) == "a" && next(queue) == "b" && next(queue) == nil)
  }

  @Test func aJobDoesNotWaitForOneThatIsNotThere() throws {
    let all = try jobs("a", "b")
    let others = try jobs("c")
    let queue = JobQueue(all, threads: 1, leaders: [JobKey(all[0]): JobKey(others[0])])
    #expect(next(queue) == "a" && next(queue) == "b" && next(queue) == nil)
  }

  /// Whoever waited for an answer would wait for ever.
  @Test func aJobThatAnotherProcessHasIsWaitedForAsOne() throws {
    let all = try jobs("a", "b")
    let queue = try queue(all, ["b": "a"])
    #expect(next(queue) == "a")
    queue.postpone(all[0], threads: 1)
    #expect(next(queue) == "a?")
    queue.finished(threads: 1)
    queue.ended(all[0])
    #expect(next(queue) == "b")
  }

  @Test func whatIsMissingElsewhereWaitsAsWell() throws {
    let all = try jobs("a", "b", "c")
    let queue = try queue(all, ["b": "a", "c": "a"]) { _ in true }
    queue.answered(1, isThere: false)
    #expect(waits(queue))
    queue.answered(0, isThere: false)
    #expect(next(queue) == "a")
    queue.finished(threads: 1)
    queue.ended(all[0])
    #expect(next(queue) == "b")
    queue.answered(2, isThere: false)
    #expect(next(queue) == "c", "what it would wait for has ended")
    #expect(next(queue) == nil && queue.leftOver.isEmpty)
  }

  @Test func whoWaitsIsToldOfTheEnd() throws {
    let all = try jobs("a", "b")
    let queue = try queue(all, ["b": "a"])
    #expect(next(queue) == "a")
    let got = Mutex<[String?]>([])
    Concurrently.run(3) { number in
      if number == 0 {
        usleep(10_000)
        queue.finished(threads: 1)
        queue.ended(all[0])
      } else {
        while case .wait = queue.next() { queue.waitForAnswer() }
        got.withLock { $0.append("over") }
      }
    }
    #expect(got.withLock { $0.count } == 2)
  }

  @Test func aStoppedQueueLeavesWhatWaits() throws {
    let queue = try queue(try jobs("a", "b"), ["b": "a"])
    #expect(next(queue) == "a")
    queue.stop()
    #expect(next(queue) == nil && queue.isDrained && queue.leftOver.map(\.name) == ["b"])
  }

  // MARK: Answers from elsewhere

  private func waits(_ queue: JobQueue) -> Bool { if case .wait = queue.next() { true } else { false } }

  @Test func whatIsAwaitedIsHandedOutWhenItIsMissing() throws {
    let queue = JobQueue(try jobs("a", "b", "c", "d"), threads: 1) { $0.name != "c" }
    #expect(queue.awaited.map(\.job.name) == ["a", "b", "d"] && queue.awaited.map(\.number) == [0, 1, 3])
    #expect(next(queue) == "c", "nobody was asked for it")
    queue.finished(threads: 1)
    #expect(waits(queue) && !queue.isDrained)
    #expect(queue.answered(3, isThere: false) == 2)
    #expect(queue.answered(0, isThere: false) == 1)
    #expect(next(queue) == "a", "the plan's order, whatever that of the answers")
    queue.finished(threads: 1)
    #expect(next(queue) == "d")
    queue.finished(threads: 1)
    #expect(waits(queue))
    #expect(queue.answered(1, isThere: true) == 0)
    #expect(next(queue) == nil && queue.isDrained && queue.leftOver.isEmpty)
    #expect(queue.answered(1, isThere: false) == 0, "an answer counts once")
    #expect(next(queue) == nil)
  }

  @Test func whatIsAnsweredComesBeforeWhatAnotherProcessHas() throws {
    let queue = JobQueue(try jobs("a", "b"), threads: 1) { $0.name == "b" }
    guard case .job(let first, let threads, _) = queue.next() else { throw Missing() }
    queue.postpone(first, threads: threads)
    #expect(waits(queue))
    queue.answered(1, isThere: false)
    #expect(next(queue) == "b")
    queue.finished(threads: 1)
    #expect(next(queue) == "a?")
  }

  @Test func everyLaneThatWaitsGoesOnInTheEnd() throws {
    for ending in 0..<3 {
      let queue = JobQueue(try jobs("a", "b"), threads: 4) { _ in true }
      let left = Mutex(0)
      Concurrently.run(5) { number in
        if number == 0 {
          switch ending {
          case 0: for number in 0..<2 { queue.answered(number, isThere: true) }
          case 1: for number in 0..<2 { queue.answered(number, isThere: false) }
          default: queue.stop()
          }
        } else {
          while case .wait = queue.next() { queue.waitForAnswer() }
          queue.waitForAllAnswers()
          left.withLock { $0 += 1 }
        }
      }
      #expect(left.withLock { $0 } == 4)
      #expect(queue.leftOver.count == (ending == 2 ? 2 : 0))
    }
  }

  // MARK: Other machines

  /// What a lane is given that only does what no other machine can do.
  private func nextForHere(_ queue: JobQueue) -> String? {
    guard case .job(let job, _, _) = queue.next(any: false) else { return nil }
    return job.name
  }

  @Test func whatIsAwayComesBackToItsPlace() throws {
    let queue = JobQueue(try jobs("a", "b", "c"), threads: 1, sharesOut: true) { _ in true }
    #expect(queue.nextForElsewhere() == nil, "nobody has said that they have to be compiled")
    for number in 0..<3 { queue.answered(number, isThere: false) }
    let (first, second) = (queue.nextForElsewhere(), queue.nextForElsewhere())
    #expect(first?.job.name == "a" && first?.number == 0 && second?.job.name == "b")
    #expect(nextForHere(queue) == nil && next(queue) == "c", "lanes help")
    #expect(queue.answered(0, isThere: false, isForHere: true) == 1)
    #expect(queue.nextForElsewhere() == nil, "it has been there")
    #expect(nextForHere(queue) == "a")
    queue.answered(1, isThere: true)
    guard case .done = queue.next(any: false) else { throw Missing() }
    #expect(queue.leftOver.isEmpty)
  }

  @Test func whatIsForHereIsGivenToNobodyElse() throws {
    let queue = JobQueue(try jobs("a", "b"), threads: 1, sharesOut: true) { $0.name == "b" }
    #expect(queue.nextForElsewhere() == nil && nextForHere(queue) == "a")
    queue.answered(1, isThere: false)
    guard case .wait = queue.next(any: false) else { throw Missing() }
    queue.keepAllHere()
    #expect(queue.nextForElsewhere() == nil && nextForHere(queue) == "b")
  }

  @Test func whatAnotherProcessHasComesLast() throws {
    let queue = JobQueue(try jobs("a", "b"), threads: 1, sharesOut: true) { _ in true }
    for number in 0..<2 { queue.answered(number, isThere: false) }
    _ = queue.nextForElsewhere()
    _ = queue.nextForElsewhere()
    queue.postponeAwaited(0)
    guard case .wait = queue.next(any: false) else { throw Missing() }
    queue.answered(1, isThere: true)
    #expect(next(queue) == "a?")
  }

  /// The last job may be a lane's instead of the workers'. Whoever waits for others has to be told.
  @Test func lanesThatOnlyServeEndWithTheLastJob() throws {
    for _ in 0..<50 {
      let queue = JobQueue(try jobs("a"), threads: 2, sharesOut: true) { _ in true }
      queue.answered(0, isThere: false)
      let serves = Atomic(false)
      Concurrently.run(2) { number in
        if number == 0 {
          while case .wait = queue.next(any: false) {
            serves.store(true, ordering: .releasing)
            queue.waitForAnswer(any: false)
          }
        } else {
          while !serves.load(ordering: .acquiring) { sched_yield() }
          if case .job(_, let threads, _) = queue.next() { queue.finished(threads: threads) }
        }
      }
    }
  }

  @Test func lanesThatOnlyServeGoOnInTheEnd() throws {
    for ending in 0..<4 {
      let queue = JobQueue(try jobs("a", "b"), threads: 4, sharesOut: true) { _ in true }
      let done = Mutex(0)
      Concurrently.run(4) { number in
        if number == 0 {
          for number in 0..<2 { queue.answered(number, isThere: false) }
          if ending == 3 { return queue.keepAllHere() }
          while let (number, _) = queue.nextForElsewhere() {
            if ending < 2 { queue.answered(number, isThere: ending == 0, isForHere: true) }
          }
          if ending == 2 { queue.stop() }
        } else {
          while true {
            switch queue.next(any: false) {
            case .wait:
              queue.waitForAnswer(any: false)
              continue
            case .job(_, let threads, _):
              done.withLock { $0 += 1 }
              queue.finished(threads: threads)
              continue
            case .done: break
            }
            break
          }
        }
      }
      #expect(done.withLock { $0 } == [0, 2, 0, 2][ending])
    }
  }

  private struct Missing: Error {}
}
