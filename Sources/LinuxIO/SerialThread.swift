internal import Dispatch
internal import Glibc
internal import Synchronization

/// A thread that does pieces of work in the order in which they come; where the system grants none, whoever brings a piece
/// does it.
package final class SerialThread: Sendable {
  private let pieces = Pieces()
  private let thread: pthread_t?

  package init() {
    thread = Threads.start { [pieces] in pieces.doAll() }
  }

  deinit { finish() }

  package func run(_ piece: @escaping @Sendable () -> Void) {
    if thread == nil { piece() } else { pieces.add(piece) }
  }

  /// Waits until everything is done; nothing may come after that.
  package func finish() {
    if let thread, pieces.end() { pthread_join(thread, nil) }
  }

  /// What is still to be done; apart, because the thread must not keep its owner.
  private final class Pieces: Sendable {
    private struct State {
      var waiting: [@Sendable () -> Void] = []
      var isOver = false
    }

    private let state = Mutex(State())
    /// Counts the pieces, and the end.
    private let arrivals = DispatchSemaphore(value: 0)

    func add(_ piece: @escaping @Sendable () -> Void) {
      state.withLock { $0.waiting.append(piece) }
      arrivals.signal()
    }

    /// - Returns: false if that was said before.
    func end() -> Bool {
      let isNews = state.withLock { state in
        defer { state.isOver = true }
        return !state.isOver
      }
      if isNews { arrivals.signal() }
      return isNews
    }

    func doAll() {
      while true {
        arrivals.wait()
        guard let piece = state.withLock({ $0.waiting.isEmpty ? nil : $0.waiting.removeFirst() }) else { return }
        piece()
      }
    }
  }
}
