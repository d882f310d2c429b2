internal import Synchronization

/// How many calls are open at a time: at most some number, and fewer where the server says that these are too many.
package final class CallLimiter: Sendable {
  private struct State {
    let most: Int
    var limit: Int
    var open = 0
    var waiting: [CheckedContinuation<Void, Never>] = []
    /// How often the limit was lowered.
    var generation = 0
    /// Calls that have succeeded since the limit last changed.
    var successes = 0

    /// Lets as many go on as there is room for.
    mutating func admit() -> [CheckedContinuation<Void, Never>] {
      let admitted = Array(waiting.prefix(max(0, limit - open)))
      waiting.removeFirst(admitted.count)
      open += admitted.count
      return admitted
    }
  }

  private let state: Mutex<State>

  package init(_ most: Int) {
    let most = max(1, most)
    state = Mutex(State(most: most, limit: most))
  }

  /// How many calls may be open at the moment.
  package var limit: Int { state.withLock { $0.limit } }

  /// Runs a call when its turn has come.
  ///
  /// - Parameters:
  ///   - isAgain: whether it is made again. It goes before the others then: behind them, it would be among the last calls of the
  ///     next connection, too, where each connection takes some number of calls.
  ///   - isTooMuch: whether an error says that the server has too much to do. The limit is then halved, once for all calls that
  ///     were open together, and grows by one for as many successes as it is large.
  package func run<Value>(
    isAgain: Bool = false, isTooMuch: (any Error) -> Bool = { _ in false }, _ call: () async throws -> Value
  ) async throws -> Value {
    await enter(isAgain)
    let generation = state.withLock { $0.generation }
    do {
      let value = try await call()
      leave { state in
        state.successes += 1
        if state.limit < state.most, state.successes >= state.limit {
          state.limit += 1
          state.successes = 0
        }
      }
      return value
    } catch {
      let isTooMuch = isTooMuch(error)
      leave { state in
        guard isTooMuch, state.generation == generation else { return }
        state.limit = max(1, state.limit / 2)
        state.generation += 1
        state.successes = 0
      }
      throw error
    }
  }

  private func enter(_ isAgain: Bool) async {
    await withCheckedContinuation { continuation in
      let admitted = state.withLock { state in
        state.waiting.insert(continuation, at: isAgain ? 0 : state.waiting.count)
        return state.admit()
      }
      for continuation in admitted { continuation.resume() }
    }
  }

  private func leave(_ change: (inout State) -> Void) {
    let admitted = state.withLock { state in
      state.open -= 1
      change(&state)
      return state.admit()
    }
    for continuation in admitted { continuation.resume() }
  }
}
