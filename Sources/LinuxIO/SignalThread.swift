internal import CLinux
internal import Glibc
internal import Synchronization

/// A thread that waits for signals to the process and tells of each.
///
/// The signals are blocked in the thread that makes this, and so in threads that it starts later. Our threads, and
/// Dispatch's, block them by themselves.
package final class SignalThread: Sendable {
  private let thread: pthread_t
  private let signals: [Int32]
  private let mask: sigset_t
  private let isOver = Shared()

  /// - Returns: nil if the system grants no thread; the signals then keep their own effect.
  package init?(_ signals: [Int32], received: @escaping @Sendable (Int32) -> Void) {
    guard !signals.isEmpty else { return nil }
    var mask = sigset_t()
    sigemptyset(&mask)
    for signal in signals { sigaddset(&mask, signal) }
    let waited = mask
    pthread_sigmask(SIG_BLOCK, &mask, nil)
    let started = Threads.start { [isOver] in
      var waited = waited
      var signal: Int32 = 0
      while sigwait(&waited, &signal) == 0, !isOver.value.load(ordering: .acquiring) { received(signal) }
    }
    guard let started else {
      pthread_sigmask(SIG_UNBLOCK, &mask, nil)
      return nil
    }
    thread = started
    self.signals = signals
    self.mask = waited
  }

  deinit { end() }

  /// Gives the signals back their own effect on the calling thread. No more signals are told.
  package func end() {
    guard !isOver.value.exchange(true, ordering: .acquiringAndReleasing) else { return }
    // The signal goes to that thread alone, which then sees that it is over.
    if let signal = signals.first { pthread_kill(thread, signal) }
    pthread_join(thread, nil)
    var mask = mask
    pthread_sigmask(SIG_UNBLOCK, &mask, nil)
  }

  /// In an object, so that the thread does not keep its owner.
  private final class Shared: Sendable {
    let value = Atomic(false)
  }
}
