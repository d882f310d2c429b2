internal import LinuxIO
internal import Synchronization

/// Hands a plan's jobs to the lanes in order.
///
/// A job that waits for another one of the queue, whose artifact may be its own, too, comes when that one has ended. A job that a
/// store on another machine is asked for is held back until the answer says that it has to be compiled, and one
/// that is given to that machine's workers until they have done it, or not. A job that another process is compiling comes again
/// at the end.
final class JobQueue: Sendable {
  enum Next {
    /// - Parameters:
    ///   - threads: how many threads it may use. All jobs together have no more than there are processors, but for the one
    ///     that each has at least.
    ///   - isPostponed: whether another process had it when its turn came.
    case job(Job, threads: Int, isPostponed: Bool)
    /// Nothing can be done before another answer has come: ``waitForAnswer()``.
    case wait
    case done
  }

  /// A job that may begin, and its place in the plan.
  private struct Place {
    let number: Int
    let job: Job
    /// Whether no other machine can do it.
    var isForHere = false
  }

  /// A lane that waits, and whether it takes any job, or only those that no other machine can do.
  private struct Bell {
    let semaphore: MonotonicSemaphore
    let takesAny: Bool
  }

  private struct State {
    /// In the plan's order.
    var jobs: ArraySlice<Place> = []
    /// The jobs that an answer is awaited for, by their place in the plan.
    var awaited: [Int: Job] = [:]
    var postponed: [Job] = []
    /// The jobs that others wait for and that have not ended, with those that could begin otherwise.
    var followers: [JobKey: [Place]] = [:]
    /// How many those are.
    var held = 0
    /// The job that each of some jobs waits for.
    var leaders: [JobKey: JobKey] = [:]
    var running = 0
    /// The threads of the jobs that run.
    var threadsInUse = 0
    var isStopped = false
    /// What lanes that wait for an answer listen for.
    var bells: [Bell] = []
    /// Whether workers of another machine are given jobs, too.
    var sharesOut: Bool

    /// The share of the threads that a job gets which was just taken: an even one, and never a thread that another job has
    /// or is going to need. Jobs that an answer is awaited for may need none: where all but one large module are found, that
    /// one shall have all threads.
    func share(of threads: Int) -> Int {
      let waiting = jobs.count + postponed.count
      let left = running + waiting + 1
      return max(1, min((threads + left - 1) / left, threads - threadsInUse - waiting))
    }

    mutating func end(_ threads: Int) {
      running -= 1
      threadsInUse -= threads
    }

    /// Puts a job where the plan has it. Answers mostly come in the order of the questions, so that place is mostly the last.
    mutating func insert(_ place: Place) {
      if isHeld(place) { return }
      var index = jobs.endIndex
      while index > jobs.startIndex, jobs[index - 1].number > place.number { index -= 1 }
      jobs.insert(place, at: index)
    }

    /// Holds a job that waits for another one.
    mutating func isHeld(_ place: Place) -> Bool {
      guard !leaders.isEmpty, let leader = leaders[JobKey(place.job)], followers[leader] != nil else { return false }
      followers[leader, default: []].append(place)
      held += 1
      return true
    }

    /// Lets go of the jobs that wait for one. This machine does them: mostly, the artifact is there now.
    mutating func release(_ leader: JobKey) -> Bool {
      guard let places = followers.removeValue(forKey: leader) else { return false }
      held -= places.count
      for place in places { insert(Place(number: place.number, job: place.job, isForHere: true)) }
      return !places.isEmpty
    }

    /// Whether a job may still come that no lane can begin yet.
    var holdsBack: Bool { !awaited.isEmpty || held > 0 }

    /// Takes the first job that a lane may do.
    mutating func takeJob(any takesAny: Bool) -> Job? {
      if takesAny || !sharesOut { return jobs.popFirst()?.job }
      guard let index = jobs.firstIndex(where: \.isForHere) else { return nil }
      return jobs.remove(at: index).job
    }

    mutating func next(any takesAny: Bool, _ threads: Int) -> Next {
      guard !isStopped else { return .done }
      let fresh = takeJob(any: takesAny)
      // What waits for another process can wait: what is answered meanwhile comes first. Others may wait for it.
      if fresh == nil, !awaited.isEmpty || !jobs.isEmpty || postponed.isEmpty && holdsBack { return .wait }
      guard let job = fresh ?? (postponed.isEmpty ? nil : postponed.removeFirst()) else { return .done }
      // A job that waits for another process has a thread only.
      let granted = fresh == nil ? 1 : share(of: threads)
      running += 1
      threadsInUse += granted
      return .job(job, threads: granted, isPostponed: fresh == nil)
    }

    /// Takes the bells that have something to tell: one for a job, all for the end of waiting.
    mutating func takeBells(all: Bool) -> [MonotonicSemaphore] {
      if all {
        defer { bells = [] }
        return bells.map(\.semaphore)
      }
      guard let index = bells.lastIndex(where: { $0.takesAny || !sharesOut }) else { return [] }
      return [bells.remove(at: index).semaphore]
    }
  }

  private let state: Mutex<State>
  private let threads: Int

  /// - Parameters:
  ///   - threads: how many threads may compile at the same time, if there are fewer jobs.
  ///   - sharesOut: whether workers of another machine are given jobs, too (``nextForElsewhere()``).
  ///   - leaders: the job that each of some jobs waits for, if it is among the jobs: until ``ended(_:)``. It waits for none itself.
  ///   - isAwaited: whether a job is held back until ``answered(_:isThere:)``. One that is not is for this machine.
  init(
    _ jobs: [Job], threads: Int, sharesOut: Bool = false, leaders: [JobKey: JobKey] = [:],
    isAwaited: (Job) -> Bool = { _ in false }
  ) {
    var state = State(leaders: leaders, sharesOut: sharesOut)
    if !leaders.isEmpty {
      let known = Set(jobs.map { JobKey($0) })
      for leader in leaders.values where known.contains(leader) { state.followers[leader] = [] }
    }
    for (number, job) in jobs.enumerated() {
      if isAwaited(job) {
        state.awaited[number] = job
      } else {
        let place = Place(number: number, job: job, isForHere: true)
        if !state.isHeld(place) { state.jobs.append(place) }
      }
    }
    self.state = Mutex(state)
    self.threads = threads
  }

  /// - Parameter takesAny: whether the lane takes jobs that another machine's workers could do, if they are given any.
  func next(any takesAny: Bool = true) -> Next {
    let (next, bells) = state.withLock { state in
      let next = state.next(any: takesAny, threads)
      // Who waits for jobs of this machine alone has nothing to wait for, once the last job is taken.
      let isLast = state.jobs.isEmpty && !state.holdsBack
      return (next, isLast ? state.takeBells(all: true) : [])
    }
    for bell in bells { bell.signal() }
    return next
  }

  /// Reports that a lane is done with the job that ``next()`` gave it, and its threads.
  func finished(threads: Int) { state.withLock { $0.end(threads) } }

  /// Reports that a job has come to its end, whatever that is: those that waited for it may begin.
  func ended(_ job: Job) {
    let bells = state.withLock { state in
      !state.leaders.isEmpty && state.release(JobKey(job)) ? state.takeBells(all: true) : []
    }
    for bell in bells { bell.signal() }
  }

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
      state.jobs.insert(Place(number: -1, job: job, isForHere: true), at: state.jobs.startIndex)
      return true
    }
  }

  // MARK: Answers

  /// The jobs that an answer is awaited for, by their place in the plan.
  var awaited: [(number: Int, job: Job)] {
    state.withLock { $0.awaited.map { ($0.key, $0.value) } }.sorted { $0.number < $1.number }
  }

  /// A job that an answer is awaited for; nil if none is any more.
  func awaited(_ number: Int) -> Job? { state.withLock { $0.isStopped ? nil : $0.awaited[number] } }

  /// Takes an answer: a job is done, or has to be.
  ///
  /// - Parameter isForHere: whether it can only be done on this machine.
  /// - Returns: how many are still awaited.
  @discardableResult
  func answered(_ number: Int, isThere: Bool, isForHere: Bool = false) -> Int {
    let (left, bells) = state.withLock { state in
      guard let job = state.awaited.removeValue(forKey: number) else {
        return (state.awaited.count, [MonotonicSemaphore]())
      }
      if !isThere { state.insert(Place(number: number, job: job, isForHere: isForHere)) }
      let isLast = state.awaited.isEmpty
      return (state.awaited.count, isLast || !isThere ? state.takeBells(all: isLast || isForHere) : [])
    }
    for bell in bells { bell.signal() }
    return left
  }

  /// Waits until there is something to do, or nothing is awaited any more. The caller has no job slot of make's meanwhile.
  func waitForAnswer(any takesAny: Bool = true) {
    let bell = MonotonicSemaphore()
    let waits = state.withLock { state in
      let isNothingForIt = state.jobs.allSatisfy { !$0.isForHere && !takesAny && state.sharesOut }
      let waits = !state.isStopped && isNothingForIt && !(state.jobs.isEmpty && !state.holdsBack)
      if waits { state.bells.append(Bell(semaphore: bell, takesAny: takesAny)) }
      return waits
    }
    if waits { bell.wait(until: nil) }
  }

  /// Waits until nothing is awaited any more, without doing anything.
  func waitForAllAnswers() {
    while true {
      let bell = MonotonicSemaphore()
      let waits = state.withLock { state in
        let waits = !state.isStopped && !state.awaited.isEmpty
        if waits { state.bells.append(Bell(semaphore: bell, takesAny: true)) }
        return waits
      }
      if !waits { return }
      bell.wait(until: nil)
    }
  }

  // MARK: Other machines

  /// Takes a job that another machine's workers can do. It counts as awaited from now on: ``answered(_:isThere:isForHere:)`` says
  /// what became of it.
  func nextForElsewhere() -> (number: Int, job: Job)? {
    state.withLock { state in
      guard state.sharesOut, !state.isStopped, let index = state.jobs.firstIndex(where: { !$0.isForHere }) else {
        return nil
      }
      let place = state.jobs.remove(at: index)
      state.awaited[place.number] = place.job
      return (place.number, place.job)
    }
  }

  /// Gives a job back that no worker was given, because another process is compiling it.
  func postponeAwaited(_ number: Int) {
    let bells = state.withLock { state in
      guard let job = state.awaited.removeValue(forKey: number) else { return [MonotonicSemaphore]() }
      state.postponed.append(job)
      return state.awaited.isEmpty ? state.takeBells(all: true) : []
    }
    for bell in bells { bell.signal() }
  }

  /// Says that workers of other machines are given nothing more: every lane takes every job.
  func keepAllHere() {
    let bells = state.withLock { state in
      state.sharesOut = false
      return state.takeBells(all: true)
    }
    for bell in bells { bell.signal() }
  }

  // MARK: The end

  /// Hands out nothing more.
  func stop() {
    let bells = state.withLock { state in
      state.isStopped = true
      return state.takeBells(all: true)
    }
    for bell in bells { bell.signal() }
  }

  var isStopped: Bool { state.withLock { $0.isStopped } }

  /// Whether no job is left that could still need a slot. A running job may come back, or wait for its claim without.
  var isDrained: Bool {
    state.withLock {
      $0.isStopped || $0.jobs.isEmpty && !$0.holdsBack && $0.postponed.isEmpty && $0.running == 0
    }
  }

  /// The jobs that no lane was given.
  var leftOver: [Job] {
    state.withLock { state in
      let held = state.followers.values.flatMap(\.self) + state.awaited.map { Place(number: $0.key, job: $0.value) }
      return state.jobs.map(\.job) + held.sorted { $0.number < $1.number }.map(\.job) + state.postponed
    }
  }
}
