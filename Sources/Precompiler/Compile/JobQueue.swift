internal import LinuxIO
internal import Synchronization

/// Hands a plan's jobs to the lanes in order. A job that another process is compiling comes again at the end.
final class JobQueue: Sendable {
  enum Next {
    /// - Parameters:
    ///   - threads: how many threads it may use. All jobs together have no more than there are processors, but for the one
    ///     that each has at least.
    ///   - isPostponed: whether another process had it when its turn came.
    case job(Job, threads: Int, isPostponed: Bool)
    case done
  }

  private struct State {
    var jobs: ArraySlice<Job>
    var postponed: [Job] = []
    var running = 0
    /// The threads of the jobs that run.
    var threadsInUse = 0
    var isStopped = false

    /// The share of the threads that a job gets which was just taken: an even one, and never a thread that another job has
    /// or is going to need.
    func share(of threads: Int) -> Int {
      let waiting = jobs.count + postponed.count
      let left = running + waiting + 1
      return max(1, min((threads + left - 1) / left, threads - threadsInUse - waiting))
    }

    mutating func end(_ threads: Int) {
      running -= 1
      threadsInUse -= threads
    }
  }

  private let state: Mutex<State>
  private let threads: Int

  /// - Parameter threads: how many threads may compile at the same time, if there are fewer jobs.
  init(_ jobs: [Job], threads: Int) {
    state = Mutex(State(jobs: jobs[...]))
    self.threads = threads
  }

  func next() -> Next {
    state.withLock { state in
      guard !state.isStopped else { return .done }
      let fresh = state.jobs.popFirst()
      guard let job = fresh ?? (state.postponed.isEmpty ? nil : state.postponed.removeFirst()) else { return .done }
      // A job that waits for another process has a thread only.
      let granted = fresh == nil ? 1 : state.share(of: threads)
      state.running += 1
      state.threadsInUse += granted
      return .job(job, threads: granted, isPostponed: fresh == nil)
    }
  }

  /// Reports that a lane is done with the job that ``next()`` gave it, and its threads.
  func finished(threads: Int) { state.withLock { $0.end(threads) } }

  /// Gives a job back until everything else has begun, because another process is compiling it.
  func postpone(_ job: Job, threads: Int) {
    state.withLock { state in
      state.end(threads)
      state.postponed.append(job)
    }
  }

  /// Gives a job back because this lane cannot do it; the next one that comes gets it.
  ///
  /// - Returns: false if no other lane is at work, so that none would come.
  func giveBack(_ job: Job, threads: Int) -> Bool {
    state.withLock { state in
      guard state.running > 1, !state.isStopped else { return false }
      state.end(threads)
      state.jobs.insert(job, at: state.jobs.startIndex)
      return true
    }
  }

  /// Hands out nothing more.
  func stop() { state.withLock { $0.isStopped = true } }

  var isStopped: Bool { state.withLock { $0.isStopped } }

  /// Whether no job is left that could still need a slot. A running job may come back, or wait for its claim without.
  var isDrained: Bool {
    state.withLock { $0.isStopped || $0.jobs.isEmpty && $0.postponed.isEmpty && $0.running == 0 }
  }

  /// The jobs that no lane was given.
  var leftOver: [Job] { state.withLock { Array($0.jobs) + $0.postponed } }
}
