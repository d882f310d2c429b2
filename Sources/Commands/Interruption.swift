internal import CLinux
internal import Glibc
internal import LinuxIO
internal import Precompiler
internal import Synchronization

/// Turns the signals that ask a program to end into a cancelled run, and afterwards into the death that the sender
/// expects.
final class Interruption: Sendable {
  /// The first signal that came, and what it does; in an object, so that handlers can share it.
  private final class Received: Sendable {
    let number = Mutex<Int32?>(nil)
    private let stop: @Sendable () -> Void
    private let beforeDying: @Sendable () -> Void

    init(_ stop: @escaping @Sendable () -> Void, beforeDying: @escaping @Sendable () -> Void) {
      self.stop = stop
      self.beforeDying = beforeDying
    }

    func take(_ signal: Int32) {
      let isRepeated = number.withLock { known in
        defer { known = known ?? signal }
        return known != nil
      }
      // A second request does not want to wait. The next run cleans up the rest.
      if isRepeated {
        beforeDying()
        Interruption.die(by: signal)
      }
      stop()
    }
  }

  private let received: Received
  /// The thread for the signals; nil if there is none, so that the signals have their own effect.
  private let thread: SignalThread?

  /// The signals that end a program by default, without those that its own mistakes raise.
  ///
  /// Source: signal(7).
  private static let ending: [Int32] =
    [
      SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGALRM, SIGVTALRM, SIGPROF, SIGUSR1, SIGUSR2, SIGIO, SIGPWR, SIGSTKFLT,
      SIGXCPU,
    ] + (__libc_current_sigrtmin()...__libc_current_sigrtmax())

  /// Cancels a run.
  ///
  /// - Parameter request: the run; nil if it holds nothing of others that must be given back.
  convenience init(cancelling cancellation: Cancellation, in request: PrecompileRequest? = nil) {
    let jobserver = request?.work.jobserver
    self.init(Self.ending) {
      cancellation.cancel()
    } beforeDying: {
      jobserver?.returnEverything()
    }
  }

  /// - Parameters:
  ///   - stop: called for the first of the signals, on a thread of its own.
  ///   - beforeDying: called when a second signal ends the process at once.
  init(
    _ signals: [Int32], stop: @escaping @Sendable () -> Void, beforeDying: @escaping @Sendable () -> Void = {}
  ) {
    let received = Received(stop, beforeDying: beforeDying)
    self.received = received
    // A signal that the starter ignores (nohup, a background job) stays ignored.
    thread = SignalThread(signals.filter { !clinux_signal_is_ignored($0) }) { received.take($0) }
  }

  /// Has the first of several reasons to end act as its signal would.
  func take(_ signal: Int32) {
    if received.number.withLock({ $0 }) == nil { received.take(signal) }
  }

  /// Ends the process by the signal that was received, if one was, so that its parent sees it interrupted.
  func dieIfReceived(after cleanUp: () -> Void = {}) {
    guard let number = received.number.withLock({ $0 }) else { return }
    cleanUp()
    Self.die(by: number)
  }

  /// Gives the signals back their own effect, for what follows: a program that runs in this process.
  func end() {
    thread?.end()
    dieIfReceived()
  }

  private static func die(by number: Int32) -> Never {
    _ = clinux_signal_default(number)
    // The signal goes to this thread, so this thread must not block it. A signal to the whole process could be taken by the
    // thread above, if the kernel writes a core first.
    var signals = sigset_t()
    sigemptyset(&signals)
    sigaddset(&signals, number)
    pthread_sigmask(SIG_UNBLOCK, &signals, nil)
    raise(number)
    while true { pause() }
  }
}
