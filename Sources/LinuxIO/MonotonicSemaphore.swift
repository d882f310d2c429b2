internal import CLinux
internal import Glibc

/// A semaphore that can be waited for until a time on the clock that never jumps. (Dispatch's goes by the one that is set:
/// set back by an hour, it would wait that much longer.)
final class MonotonicSemaphore: @unchecked Sendable {
  // What makes it safe to share is that only sem_*(3) touch it.
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  func signal() { sem_post(semaphore) }

  /// Returns when it was signalled, or when the time has come; without a time only then.
  func wait(until time: MonotonicInstant?) {
    while clinux_semaphore_wait(semaphore, time?.nanoseconds ?? .max) != 0 && errno == EINTR {}
  }
}
