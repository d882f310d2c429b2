internal import Dispatch
internal import Synchronization

/// Does numbered pieces of work on up to `lanes` threads, the calling one among them, and returns when all are done.
///
/// Not with Dispatch's `concurrentPerform`: once its pool was used, a timer looks after it that wakes the process every
/// second for as long as it lives, and a watcher has to sleep. Serial queues get threads of another pool.
func concurrently(_ count: Int, lanes: Int, _ body: @Sendable (Int) -> Void) {
  withoutActuallyEscaping(body) { body in
    let turns = Turns(count)
    let group = DispatchGroup()
    for lane in 1..<max(1, min(lanes, count)) {
      DispatchQueue(label: "piecework \(lane)").async(group: group) { turns.forEach(body) }
    }
    turns.forEach(body)
    group.wait()
  }
}

/// Hands out each number once, to whichever thread asks first.
private final class Turns: Sendable {
  private let count: Int
  private let next = Atomic(0)

  init(_ count: Int) { self.count = count }

  func forEach(_ body: (Int) -> Void) {
    while true {
      let number = next.add(1, ordering: .relaxed).oldValue
      guard number < count else { return }
      body(number)
    }
  }
}
