import Synchronization

/// What happened, in order, for tests that wait for something to happen and never for time.
final class Log<Element: Sendable>: Sendable {
  private struct Waiter {
    var id: Int
    var isMet: @Sendable ([Element]) -> Bool
    var continuation: CheckedContinuation<[Element], Never>
  }

  private struct State {
    var elements: [Element] = []
    var waiters: [Waiter] = []
    var nextID = 0
  }

  private let state = Mutex(State())

  var elements: [Element] { state.withLock(\.elements) }

  func append(_ element: Element) { append(contentsOf: [element]) }

  func append(contentsOf elements: [Element]) {
    let met = state.withLock { state in
      state.elements += elements
      let all = state.elements
      let met = state.waiters.filter { $0.isMet(all) }
      state.waiters.removeAll { $0.isMet(all) }
      return met.map { ($0.continuation, all) }
    }
    for (continuation, all) in met { continuation.resume(returning: all) }
  }

  /// Everything so far, once it is enough; or when the test's time limit ends it.
  @discardableResult
  func wait(until isMet: @escaping @Sendable ([Element]) -> Bool) async -> [Element] {
    let id = state.withLock { state in
      state.nextID += 1
      return state.nextID
    }
    return await withTaskCancellationHandler {
      await withCheckedContinuation { continuation in
        let now = state.withLock { state -> [Element]? in
          if isMet(state.elements) || Task.isCancelled { return state.elements }
          state.waiters.append(Waiter(id: id, isMet: isMet, continuation: continuation))
          return nil
        }
        if let now { continuation.resume(returning: now) }
      }
    } onCancel: {
      let ended = state.withLock { state in
        let ended = state.waiters.filter { $0.id == id }
        state.waiters.removeAll { $0.id == id }
        return ended.map { ($0.continuation, state.elements) }
      }
      for (continuation, all) in ended { continuation.resume(returning: all) }
    }
  }

  /// Everything so far, once one of them is what is waited for.
  @discardableResult
  func wait(for isIt: @escaping @Sendable (Element) -> Bool) async -> [Element] {
    await wait { $0.contains(where: isIt) }
  }
}
