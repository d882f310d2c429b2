internal import Glibc
internal import LinuxIO
internal import Synchronization

/// Has a status line drawn again: each second while there is something to see, and when the terminal was resized or has come
/// back to us.
///
/// To be made on the program's first thread, before it has others: a signal that this thread does not block is dropped.
final class StatusTicker: Sendable {
  private let draw: @Sendable () -> Bool
  private let thread = SerialThread()
  private let signals: SignalThread?
  private let isTicking = Atomic(false)

  /// - Parameter draw: draws the line, and says whether there is anything to see.
  init(_ draw: @escaping @Sendable () -> Bool) {
    self.draw = draw
    signals = SignalThread([SIGWINCH, SIGCONT]) { _ in _ = draw() }
  }

  /// Begins to tick, until there is nothing to see.
  func start() {
    if !isTicking.exchange(true, ordering: .acquiringAndReleasing) { wait() }
  }

  private func wait() {
    thread.run(at: .now().adding(seconds: 1)) { [weak self] in self?.tick() }
  }

  private func tick() {
    if draw() { wait() } else { isTicking.store(false, ordering: .releasing) }
  }
}
