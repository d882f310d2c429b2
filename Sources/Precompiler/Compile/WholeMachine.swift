internal import Synchronization

/// The machine for compilers that use all cores whatever they are told: one compilation at a time has it.
///
/// The lanes that wait for it keep their job slots of make's. Together with those that are free at the moment, these are the
/// slots that the compiler's threads are counted for. To wait for others, slot by slot, could leave two programs waiting for
/// each other.
final class WholeMachine: Sendable {
  private let machine = Mutex(())
  private let waiting = Atomic(0)

  /// - Parameters:
  ///   - processors: the most threads of a compilation.
  ///   - jobserver: nil if there is no make above.
  ///   - body: is told how many threads it may use.
  func use<Value: ~Copyable & Sendable, Failure: Error>(
    _ processors: Int, _ jobserver: Jobserver?, _ body: (_ threads: Int) throws(Failure) -> Value
  ) throws(Failure) -> Value {
    waiting.add(1, ordering: .relaxed)
    return try machine.withLock { _ throws(Failure) -> Value in
      // This one waits no longer, but has a slot like those that do.
      defer { waiting.subtract(1, ordering: .relaxed) }
      guard let jobserver else { return try body(processors) }
      let lanes = waiting.load(ordering: .relaxed)
      let tokens = jobserver.takeFreeTokens(atMost: processors - lanes)
      defer { jobserver.giveBack(tokens) }
      return try body(min(processors, lanes + tokens.count))
    }
  }
}
