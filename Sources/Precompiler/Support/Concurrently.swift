internal import LinuxIO
internal import Synchronization

/// Does numbered pieces of work on up to `lanes` threads, the calling one among them, and returns when all are done.
func concurrently(_ count: Int, lanes: Int, _ body: @Sendable (Int) -> Void) {
  let turns = Turns(count)
  Threads.run(min(lanes, count)) { _ in turns.forEach(body) }
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
