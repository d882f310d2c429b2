package import LinuxIO
internal import Synchronization

/// A run's way to be stopped from outside, from any thread: no new work begins, and what runs in children ends at once.
package final class Cancellation: Sendable {
  private struct State {
    var isCancelled = false
    var children: [ObjectIdentifier: ChildProcess] = [:]
  }

  private let state = Mutex(State())

  package init() {}

  package var isCancelled: Bool { state.withLock { $0.isCancelled } }

  package func cancel() {
    state.withLock { state in
      state.isCancelled = true
      for child in state.children.values { child.kill() }
    }
  }

  /// Makes a child end with the run.
  package func register(_ child: ChildProcess) {
    state.withLock { state in
      state.children[ObjectIdentifier(child)] = child
      if state.isCancelled { child.kill() }
    }
  }

  package func unregister(_ child: ChildProcess) {
    state.withLock { _ = $0.children.removeValue(forKey: ObjectIdentifier(child)) }
  }
}
