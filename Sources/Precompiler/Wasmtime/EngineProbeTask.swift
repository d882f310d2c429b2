internal import LinuxIO
internal import Synchronization
internal import WasmEngine

/// An engine that is being asked what it is, on a thread of its own: a child has to be started for that, and in the
/// meantime modules can be found and hashed.
final class EngineProbeTask: Sendable {
  private let answer = Mutex<Result<EngineAccount, EngineUnusable>?>(nil)
  private let thread = SerialThread()

  init(_ settings: [EngineSettings], to probe: EngineProbe) {
    thread.run {
      let answer = Result { () throws(EngineUnusable) in try probe.identify(settings) }
      self.answer.withLock { $0 = answer }
    }
  }

  /// Whether it is known that not all of the settings can be had.
  var hasFailed: Bool {
    answer.withLock { answer in
      switch answer {
      case nil: false
      case .failure: true
      case .success(let account): !account.identities.allSatisfy { (try? $0.get()) != nil }
      }
    }
  }

  /// Waits for the answer; to be asked once.
  func wait() throws(EngineUnusable) -> EngineAccount {
    thread.finish()
    let answer = answer.withLock { answer in
      defer { answer = nil }
      return answer
    }
    guard let answer else { throw .cancelled }
    return try answer.get()
  }
}
