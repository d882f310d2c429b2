import Dispatch
import Glibc
import LinuxIO
import Synchronization
import Testing

struct ThreadsTests {
  @Test func eachNumberRunsAtTheSameTimeAsTheOthers() {
    // Passed only when all are there.
    let arrived = Atomic(0)
    let numbers = Mutex<Set<Int>>([])
    Threads.run(4) { number in
      arrived.add(1, ordering: .relaxed)
      while arrived.load(ordering: .relaxed) < 4 { sched_yield() }
      numbers.withLock { _ = $0.insert(number) }
    }
    #expect(numbers.withLock { $0 } == [0, 1, 2, 3])
  }

  @Test func theCallingThreadIsOneOfThem() {
    let caller = pthread_self()
    let threads = Mutex<[pthread_t]>([])
    for count in [0, 1] {
      Threads.run(count) { _ in threads.withLock { $0.append(pthread_self()) } }
    }
    #expect(threads.withLock { $0 } == [caller, caller])
  }

  /// They are for whoever waits for them.
  @Test func otherThreadsTakeNoSignals() {
    let blocked = Mutex<[Bool]>([])
    Threads.run(2) { number in
      guard number == 1 else { return }
      var mask = sigset_t()
      pthread_sigmask(SIG_SETMASK, nil, &mask)
      blocked.withLock { $0 = [SIGINT, SIGTERM, SIGHUP, SIGCHLD, SIGSEGV].map { sigismember(&mask, $0) == 1 } }
    }
    #expect(blocked.withLock { $0 } == [true, true, true, true, false])
  }

  @Test func piecesAreDoneInOrderAndAllOfThemByTheEnd() {
    let done = Mutex<[Int]>([])
    let thread = SerialThread()
    for number in 0..<100 { thread.run { done.withLock { $0.append(number) } } }
    thread.finish()
    #expect(done.withLock { $0 } == Array(0..<100))
    thread.finish()
  }

  /// The one whose time has not come is not waited for, by what comes after it or by the end.
  @Test func aPieceIsDoneAtItsTimeOrAtTheEnd() {
    let done = Mutex<[String]>([])
    let thread = SerialThread()
    let isThere = DispatchSemaphore(value: 0)
    thread.run(at: MonotonicInstant(nanoseconds: .max)) { done.withLock { $0.append("last") } }
    thread.run(at: .now().adding(seconds: 0.01)) {
      done.withLock { $0.append("at its time") }
      isThere.signal()
    }
    thread.run { done.withLock { $0.append("at once") } }
    isThere.wait()
    thread.run { done.withLock { $0.append("afterwards") } }
    thread.finish()
    // A thread that is not run for a while may find both to be done.
    #expect(done.withLock { $0 }.filter { $0 != "at once" } == ["at its time", "afterwards", "last"])
  }

  @Test func aThreadWithNothingToDoEnds() {
    _ = SerialThread()
    #expect(Threads.isAvailable)
  }
}
