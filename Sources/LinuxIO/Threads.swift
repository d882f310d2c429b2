internal import CLinux
internal import Glibc

/// Threads of this process's own, for work that may block.
///
/// Dispatch's threads do not serve. Where the system grants no more threads (`ulimit -u`, a container's limit of
/// processes), its queues wait for one for ever. Once its shared pool was used, a timer wakes the process every second for
/// as long as it lives, and a watcher has to sleep.
package enum Threads {
  /// Runs a body on some threads at the same time, the calling one among them as number 0, and returns when all have ended.
  /// There may be fewer than asked for, so each must be able to do all of the work.
  package static func run(_ count: Int, _ body: @Sendable (_ number: Int) -> Void) {
    withoutActuallyEscaping(body) { body in
      var threads: [pthread_t] = []
      for number in 1..<max(1, count) {
        guard let thread = start({ body(number) }) else { break }
        threads.append(thread)
      }
      body(0)
      for thread in threads { pthread_join(thread, nil) }
    }
  }

  /// Does something after a while, on a thread of its own that nobody waits for.
  ///
  /// - Returns: false if the system grants no thread. Then nothing is done.
  package static func run(afterMicroseconds time: UInt32, _ body: @escaping @Sendable () -> Void) -> Bool {
    guard
      let thread = start({
        usleep(time)
        body()
      })
    else { return false }
    pthread_detach(thread)
    return true
  }

  /// Whether the system grants another thread at the moment.
  package static var isAvailable: Bool {
    guard let thread = start({}) else { return false }
    pthread_join(thread, nil)
    return true
  }

  /// Bytes. Threads here need less. The usual 8 MiB would be much where there is a thread for each processor, because
  /// `ulimit -v` counts them whole.
  private static let stackSize = 1 << 20

  /// - Returns: nil if there is no thread to be had.
  static func start(_ body: @escaping @Sendable () -> Void) -> pthread_t? {
    var before = sigset_t()
    var blocked = sigset_t()
    sigfillset(&blocked)
    // A thread causes these signals itself.
    for signal in [SIGSEGV, SIGBUS, SIGILL, SIGFPE, SIGTRAP, SIGSYS, SIGABRT] { sigdelset(&blocked, signal) }
    // Signals go to the thread that waits for them. They are blocked here, so that they are blocked from its first moment.
    pthread_sigmask(SIG_SETMASK, &blocked, &before)
    defer { pthread_sigmask(SIG_SETMASK, &before, nil) }
    let work = Unmanaged.passRetained(Work(body))
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setstacksize(&attributes, stackSize)
    var thread = pthread_t()
    let result = pthread_create(
      &thread, &attributes,
      { argument in
        argument.map { Unmanaged<Work>.fromOpaque($0).takeRetainedValue().body() }
        return nil
      }, work.toOpaque())
    if result == 0 { return thread }
    work.release()
    return nil
  }

  private final class Work: Sendable {
    let body: @Sendable () -> Void
    init(_ body: @escaping @Sendable () -> Void) { self.body = body }
  }
}
