internal import CLinux
internal import Glibc

/// A semaphore that can be waited for until a time on the clock that never jumps.
///
/// Dispatch's semaphore goes by the clock that can be set: if that is set back by an hour, it waits an hour longer.
package final class MonotonicSemaphore: @unchecked Sendable {
  // Only sem_*(3) touch it, which makes it safe to share.
  private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)

  package init() { sem_init(semaphore, 0, 0) }

  deinit {
    sem_destroy(semaphore)
    semaphore.deallocate()
  }

  package func signal() { sem_post(semaphore) }

  /// Returns when it was signalled, or when the time has come; without a time only then.
  package func wait(until time: MonotonicInstant?) {
    while clinux_semaphore_wait(semaphore, time?.nanoseconds ?? .max) != 0 && errno == EINTR {}
  }
}
