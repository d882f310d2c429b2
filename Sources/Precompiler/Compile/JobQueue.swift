internal import LinuxIO
internal import Synchronization

/// Hands a plan's jobs to the lanes in order. A job that another process is compiling comes again at the end.
final class JobQueue: Sendable {
  enum Next {
    /// - Parameters:
    ///   - parallel: whether fewer jobs are left than lanes, so that this one should use more than one thread.
    ///   - isPostponed: whether another process had it when its turn came.
    case job(Job, parallel: Bool, isPostponed: Bool)
    case done
  }

  private struct State {
    var jobs: ArraySlice<Job>
    var postponed: [Job] = []
    var running = 0
    var isStopped = false
  }

  private let state: Mutex<State>
  private let lanes: Int

  init(_ jobs: [Job], lanes: Int) {
    state = Mutex(State(jobs: jobs[...]))
    self.lanes = lanes
  }

  func next() -> Next {
    state.withLock { state in
      guard !state.isStopped else { return .done }
      let fresh = state.jobs.popFirst()
      guard let job = fresh ?? (state.postponed.isEmpty ? nil : state.postponed.removeFirst()) else { return .done }
      state.running += 1
      let left = state.running + state.jobs.count + state.postponed.count
      return .job(job, parallel: left < lanes, isPostponed: fresh == nil)
    }
  }

  /// Reports that a lane is done with the job that ``next()`` gave it.
  func finished() { state.withLock { $0.running -= 1 } }

  /// Gives a job back until everything else has begun, because another process is compiling it.
  func postpone(_ job: Job) {
    state.withLock { state in
      state.running -= 1
      state.postponed.append(job)
    }
  }

  /// Gives a job back because this lane cannot do it; the next one that comes gets it.
  ///
  /// - Returns: false if no other lane is at work, so that none would come.
  func giveBack(_ job: Job) -> Bool {
    state.withLock { state in
      guard state.running > 1, !state.isStopped else { return false }
      state.running -= 1
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
