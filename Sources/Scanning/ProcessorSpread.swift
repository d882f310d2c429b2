internal import CLinux
internal import Synchronization

/// Puts the threads of a short piece of work on processors of their own, from the start.
///
/// Linux often lets a new thread begin on the processor of the one that made it, and moves it only several milliseconds
/// later; by then a scan of 10,000 files would be over, with one processor idle all the time.
final class ProcessorSpread: Sendable {
  private let taken = Mutex<[Int32]>([])

  /// Calls `body` after the calling thread has left a processor on which another one of these threads runs, if there is
  /// a better one. It is not bound to the new one.
  func run(_ body: () -> Void) {
    let current = clinux_current_processor()
    let (claimed, moves) = taken.withLock { taken in
      let free = taken.contains(current) ? clinux_free_processor(taken, taken.count) : current
      taken.append(free < 0 ? current : free)
      return (taken.last ?? current, free >= 0 && free != current)
    }
    if moves { _ = clinux_move_to_processor(claimed) }
    body()
    taken.withLock { taken in
      if let index = taken.firstIndex(of: claimed) { taken.remove(at: index) }
    }
  }
}
