internal import Glibc
internal import Synchronization

/// A thread that does pieces of work in the order in which they come, or not before some time.
///
/// Where the system grants no thread, the caller does each piece at once.
package final class SerialThread: Sendable {
  private let pieces = Pieces()
  private let thread: pthread_t?

  package init() {
    thread = Threads.start { [pieces] in pieces.doAll() }
  }

  deinit { finish() }

  /// Whether the system granted the thread.
  package var hasThread: Bool { thread != nil }

  package func run(_ piece: @escaping @Sendable () -> Void) {
    if thread == nil { piece() } else { pieces.add(piece) }
  }

  /// Has a piece done at some time, or when everything else is done and nothing more comes.
  package func run(at time: MonotonicInstant, _ piece: @escaping @Sendable () -> Void) {
    if thread == nil { piece() } else { pieces.add(piece, at: time) }
  }

  /// Waits until everything is done; nothing may come after that. A piece that lets go of the thread's last owner, on the
  /// thread itself, waits for nothing.
  package func finish() {
    guard let thread, pieces.end() else { return }
    if pthread_equal(thread, pthread_self()) != 0 { pthread_detach(thread) } else { pthread_join(thread, nil) }
  }

  /// The work that is still to be done. It is an object of its own, because the thread must not keep its owner.
  private final class Pieces: Sendable {
    private typealias Piece = @Sendable () -> Void

    private enum Step {
      case piece(Piece)
      case wait(until: MonotonicInstant?)
      case end
    }

    private struct State {
      var waiting: [Piece] = []
      /// The earliest first.
      var postponed: [(time: MonotonicInstant, piece: Piece)] = []
      var isOver = false

      mutating func next() -> Step {
        if let first = postponed.first, first.time <= .now() || isOver && waiting.isEmpty {
          return .piece(postponed.removeFirst().piece)
        }
        if !waiting.isEmpty { return .piece(waiting.removeFirst()) }
        return isOver ? .end : .wait(until: postponed.first?.time)
      }
    }

    private let state = Mutex(State())
    /// Counts the pieces, and the end.
    private let arrivals = MonotonicSemaphore()

    func add(_ piece: @escaping @Sendable () -> Void) {
      state.withLock { $0.waiting.append(piece) }
      arrivals.signal()
    }

    func add(_ piece: @escaping @Sendable () -> Void, at time: MonotonicInstant) {
      state.withLock { state in
        let index = state.postponed.firstIndex { time < $0.time } ?? state.postponed.endIndex
        state.postponed.insert((time, piece), at: index)
      }
      arrivals.signal()
    }

    /// - Returns: false if that was said before.
    func end() -> Bool {
      let isFirst = state.withLock { state in
        defer { state.isOver = true }
        return !state.isOver
      }
      if isFirst { arrivals.signal() }
      return isFirst
    }

    func doAll() {
      while true {
        switch state.withLock({ $0.next() }) {
        case .piece(let piece): piece()
        case .wait(let time): arrivals.wait(until: time)
        case .end: return
        }
      }
    }
  }
}
