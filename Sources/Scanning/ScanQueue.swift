internal import Dispatch
internal import Synchronization

/// The work that the scanning threads share: last in, first out, so that it stays small and descriptors stay few.
final class ScanQueue: Sendable {
  private struct State {
    var work: [ScanWork]
    /// Threads that work on something, and so may still add to it.
    var active = 0
    /// Threads that wait for something to do.
    var idle = 0
    /// Whether the one active thread has to stay the only one until it is done.
    var isExclusive = false
  }

  private let state: Mutex<State>
  private let wake = DispatchSemaphore(value: 0)
  private let nextID: Atomic<Int>

  /// `firstID` is the first directory index that is still free.
  init(_ work: [ScanWork], firstID: Int) {
    state = Mutex(State(work: work))
    nextID = Atomic(firstID)
  }

  /// Reserves indices for `count` directories and returns the first.
  func reserveIDs(_ count: Int) -> Int {
    nextID.wrappingAdd(count, ordering: .relaxed).oldValue
  }

  /// How many directories have an index.
  var idCount: Int { nextID.load(ordering: .relaxed) }

  /// How much work has not been begun.
  var pending: Int { state.withLock { $0.work.count } }

  /// Waits for something to do; nil when nothing is left and no thread can add any more. The caller follows each value that
  /// it returns with `finish` or a successful `postpone`.
  func next() -> ScanWork? {
    enum Answer {
      case work(ScanWork)
      case nothing, wait
    }
    while true {
      let answer: Answer = state.withLock { state in
        if !state.isExclusive, let work = state.work.popLast() {
          state.active += 1
          return .work(work)
        }
        if state.active == 0 { return .nothing }
        state.idle += 1
        return .wait
      }
      switch answer {
      case .work(let work): return work
      case .nothing: return nil
      case .wait: wake.wait()
      }
    }
  }

  /// Says that a piece of work from `next` is done, and adds the work that it led to.
  func finish(adding work: [ScanWork] = []) {
    let woken = state.withLock { state in
      state.work += work
      state.active -= 1
      state.isExclusive = false
      // At the end everyone has to learn that there is nothing left.
      let woken = state.active == 0 && state.work.isEmpty ? state.idle : min(state.idle, state.work.count)
      state.idle -= woken
      return woken
    }
    for _ in 0..<woken { wake.signal() }
  }

  /// The way on for a thread that lacks a descriptor for its work.
  enum Shortage {
    /// The work is given back; others have descriptors and go on with it when they have fewer. One thread less needs
    /// one less.
    case leave
    /// The work is given back; work that frees a descriptor is to be done before it.
    case goOn
    /// No thread has a descriptor. The work is still the thread's, and no other thread does anything until it has finished.
    case alone
  }

  /// Tells what to do with work for which there is no descriptor.
  func postpone(_ work: ScanWork) -> Shortage {
    state.withLock { state in
      let someHeld = state.work.contains { if case .examine = $0 { true } else { false } }
      guard state.active > 1 || someHeld else {
        state.isExclusive = true
        return .alone
      }
      state.work.insert(work, at: 0)
      state.active -= 1
      return state.active > 0 ? .leave : .goOn
    }
  }

  /// Drops all that has not begun.
  func abandon() {
    state.withLock { $0.work.removeAll() }
  }
}
