/// Puts what several callers ask for at a time into few calls: what comes while earlier calls are open goes out together.
///
/// So a single request waits for nothing, and a thousand small blobs take some batches.
package actor Batcher<Item: Sendable, Output: Sendable> {
  private struct Waiting {
    let item: Item
    let weight: Int
    let continuation: CheckedContinuation<Output, any Error>
  }

  private let calls: Int
  private let most: (weight: Int, count: Int)
  private let perform: @Sendable ([Item]) async throws -> [Result<Output, any Error>]
  private var waiting: [Waiting] = []
  private var open = 0

  /// - Parameters:
  ///   - calls: how many batches are open at a time.
  ///   - weight: of all that is in one batch; what is heavier goes alone.
  ///   - count: how many are in one batch.
  ///   - perform: makes a call, and says for each item what became of it, in their order.
  package init(
    calls: Int, weight: Int, count: Int,
    _ perform: @escaping @Sendable ([Item]) async throws -> [Result<Output, any Error>]
  ) {
    self.calls = calls
    most = (weight, count)
    self.perform = perform
  }

  package func submit(_ item: Item, weight: Int) async throws -> Output {
    try await withCheckedThrowingContinuation { continuation in
      waiting.append(Waiting(item: item, weight: weight, continuation: continuation))
      start()
    }
  }

  /// How many wait for a batch.
  var count: Int { waiting.count }

  private func start() {
    while open < calls, !waiting.isEmpty {
      let batch = nextBatch()
      open += 1
      Task {
        await send(batch)
        open -= 1
        start()
      }
    }
  }

  private func nextBatch() -> [Waiting] {
    var weight = 0
    var count = 0
    for next in waiting {
      weight += next.weight
      if count > 0, weight > most.weight || count == most.count { break }
      count += 1
    }
    defer { waiting.removeFirst(count) }
    return Array(waiting.prefix(count))
  }

  private func send(_ batch: [Waiting]) async {
    let results: [Result<Output, any Error>]
    do { results = try await perform(batch.map(\.item)) } catch {
      for waiting in batch { waiting.continuation.resume(throwing: error) }
      return
    }
    for (index, waiting) in batch.enumerated() {
      if index < results.count {
        waiting.continuation.resume(with: results[index])
      } else {
        waiting.continuation.resume(throwing: CancellationError())
      }
    }
  }
}
