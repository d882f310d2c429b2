internal import CLinux
internal import Synchronization
internal import SystemPackage

/// A thread that lives as long as this process, for starting children that are to end with it.
///
/// The kernel takes the thread that started a child for its parent: with a lane's thread, the lane's children would be killed
/// (prctl(2), PR_SET_PDEATHSIG).
enum LastingThread {
  private static let thread = SerialThread()

  /// Does something on that thread, and waits for it.
  ///
  /// - Parameter body: told whether it is that thread. Where the system grants none, it is the caller's.
  static func run<Value: Sendable>(
    _ body: @escaping @Sendable (_ isLasting: Bool) throws(SystemError) -> Value
  ) throws(SystemError) -> Value {
    // The process's first thread lasts, too.
    if clinux_is_main_thread() { return try body(true) }
    let isLasting = thread.hasThread
    let result = Mutex<Result<Value, SystemError>?>(nil)
    let done = MonotonicSemaphore()
    thread.run {
      let value = Result { () throws(SystemError) in try body(isLasting) }
      result.withLock { $0 = value }
      done.signal()
    }
    done.wait(until: nil)
    guard let value = result.withLock({ $0 }) else {
      throw SystemError("pthread_create", .resourceTemporarilyUnavailable)
    }
    return try value.get()
  }
}
