internal import Dispatch
internal import Synchronization

/// What other threads ask the watching one for, in their order.
final class WatchRequests: Sendable {
  enum Request: Sendable {
    case end
    case readAgain
    /// The user wants the terminal for something else for a while.
    case suspend
  }

  private let waiting = Mutex<[Request]>([])
  private let count = DispatchSemaphore(value: 0)

  func add(_ request: Request) {
    waiting.withLock { $0.append(request) }
    count.signal()
  }

  func next() -> Request {
    count.wait()
    return waiting.withLock { waiting in
      // To end does not wait for anything.
      if waiting.contains(where: { if case .end = $0 { true } else { false } }) { return .end }
      return waiting.removeFirst()
    }
  }
}
