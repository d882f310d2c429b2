internal import LinuxIO
internal import Synchronization
internal import WasmEngine

/// An engine that is being asked what it is, on a thread of its own: a child has to be started for that, and in the
/// meantime modules can be found and hashed.
final class EngineQuestion: Sendable {
  private let answer = Mutex<Result<EngineAccount, EngineUnusable>?>(nil)
  private let thread = SerialThread()

  init(_ settings: [EngineSettings], to probe: EngineProbe) {
    thread.run {
      let answer = Result { () throws(EngineUnusable) in try probe.identify(settings) }
      self.answer.withLock { $0 = answer }
    }
  }

  /// Whether nothing can be compiled.
  var hasFailed: Bool {
    answer.withLock { answer in
      if case .failure = answer { true } else { false }
    }
  }

  func wait() throws(EngineUnusable) -> EngineAccount {
    thread.finish()
    guard let answer = answer.withLock({ $0 }) else { throw .cancelled }
    return try answer.get()
  }
}
