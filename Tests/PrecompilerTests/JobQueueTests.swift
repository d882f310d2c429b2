import Dispatch
import PrecompilerTestSupport
import Synchronization
import Testing

@testable import Precompiler

struct JobQueueTests {
  private func jobs(_ names: String...) throws -> [Job] { try ScannedFiles(names).jobs }

  /// What the queue hands out: the job's name, `+` if it may use all threads, `?` if it was postponed before.
  private func next(_ queue: JobQueue) -> String? {
    guard case .job(let job, let parallel, let isPostponed) = queue.next() else { return nil }
    return job.name + (parallel ? "+" : "") + (isPostponed ? "?" : "")
  }

  @Test func handsOutInOrder() throws {
    let queue = JobQueue(try jobs("a", "b", "c"), lanes: 1)
    for name in ["a", "b", "c"] {
      #expect(next(queue) == name)
      queue.finished()
    }
    #expect(next(queue) == nil)
    #expect(queue.leftOver.isEmpty)
  }

  @Test func fewerJobsThanLanesMayUseAllThreads() throws {
    let queue = JobQueue(try jobs("a", "b", "c", "d"), lanes: 3)
    #expect(next(queue) == "a")
    #expect(next(queue) == "b", "four are left")
    queue.finished()
    #expect(next(queue) == "c", "three are left: one is running, and two wait")
    queue.finished()
    #expect(next(queue) == "d+", "two are left")
    #expect(next(queue) == nil)
  }

  @Test func whatRunsCountsAsLeft() throws {
    let queue = JobQueue(try jobs("a", "b"), lanes: 2)
    #expect(next(queue) == "a")
    #expect(next(queue) == "b", "a is still running")
    let alone = JobQueue(try jobs("a"), lanes: 2)
    #expect(next(alone) == "a+")
    let single = JobQueue(try jobs("a"), lanes: 1)
    #expect(next(single) == "a", "one lane is all threads there are")
  }

  @Test func postponedJobsComeAtTheEnd() throws {
    let all = try jobs("a", "b", "c")
    let queue = JobQueue(all, lanes: 1)
    #expect(next(queue) == "a")
    queue.postpone(all[0])
    #expect(next(queue) == "b")
    queue.postpone(all[1])
    #expect(queue.leftOver.map(\.name) == ["c", "a", "b"])
    #expect(next(queue) == "c")
    queue.finished()
    #expect(next(queue) == "a?")
    queue.finished()
    #expect(next(queue) == "b?")
    queue.finished()
    #expect(next(queue) == nil)
  }

  /// As a lane does that gets no process.
  @Test func whatALaneCannotDoIsNextForAnother() throws {
    let all = try jobs("a", "b", "c")
    let queue = JobQueue(all, lanes: 2)
    #expect(next(queue) == "a")
    #expect(!queue.giveBack(all[0]), "nobody else would come for it")
    #expect(next(queue) == "b")
    #expect(queue.giveBack(all[0]))
    #expect(next(queue) == "a", "not postponed: no other process has it")
    queue.finished()
    queue.finished()
    #expect(next(queue) == "c+")
    #expect(next(queue) == nil)
  }

  /// Whoever waits for a slot is told to stop waiting only when no job can come back.
  @Test func aJobThatRunsMayComeBack() throws {
    let all = try jobs("a", "b")
    let queue = JobQueue(all, lanes: 2)
    #expect(!queue.isDrained)
    #expect(next(queue) == "a" && next(queue) == "b")
    #expect(!queue.isDrained)
    queue.finished()
    queue.postpone(all[0])
    #expect(!queue.isDrained)
    #expect(next(queue) == "a+?")
    #expect(!queue.isDrained, "it waits for a claim")
    queue.finished()
    #expect(queue.isDrained)
  }

  @Test func stoppedQueueHandsOutNothing() throws {
    let all = try jobs("a", "b", "c")
    let queue = JobQueue(all, lanes: 1)
    #expect(next(queue) == "a")
    queue.postpone(all[0])
    queue.stop()
    #expect(next(queue) == nil)
    #expect(queue.leftOver.map(\.name) == ["b", "c", "a"])
  }

  @Test func manyLanesGetEachJobOnce() throws {
    let queue = JobQueue(try ScannedFiles((0..<100).map { "\($0)" }).jobs, lanes: 8)
    let got = Mutex<[String]>([])
    DispatchQueue.concurrentPerform(iterations: 8) { _ in
      while case .job(let job, _, let isPostponed) = queue.next() {
        if !isPostponed && job.name.hasSuffix("7") {
          queue.postpone(job)
        } else {
          got.withLock { $0.append(job.name) }
          queue.finished()
        }
      }
    }
    // A lane that found the queue empty is gone, and leaves to others what they postpone afterwards.
    let names = got.withLock { $0 } + queue.leftOver.map(\.name)
    #expect(names.count == 100 && Set(names).count == 100)
  }
}
