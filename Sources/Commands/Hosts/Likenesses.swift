internal import LinuxIO
internal import Synchronization
internal import WasmEngine
internal import WasmtimeToolchain

/// What engines said about samples.
final class Likenesses: Sendable {
  struct Question: Hashable {
    let record: CompatibilityRecord
    let engine: FileStamp
    let base: [EngineSettings]
  }

  private let answers = Mutex<[Question: EngineLikeness]>([:])

  func answer(to question: Question) -> EngineLikeness? { answers.withLock { $0[question] } }

  func note(_ answer: EngineLikeness, for question: Question) { answers.withLock { $0[question] = answer } }
}
