internal import WasmEngine

/// An engine's refusal of a module, as a worker writes it, for people: whoever asked has the module compiled there.
struct WorkerRefusal {
  /// `refused: invalid: type mismatch`
  let line: String

  /// - Returns: nil for what is not the module's fault.
  init?(_ error: EngineError) {
    guard let (word, message) = Self.word(for: error) else { return nil }
    line = "refused: \(word)" + (message.isEmpty ? "" : ": \(message)")
  }

  private static func word(for error: EngineError) -> (String, message: String)? {
    switch error {
    case .invalidModule(let message): ("invalid", message)
    case .cannotSerialize(let message): ("unserializable", message)
    case .componentsUnsupported: ("components", "")
    case .cannotLoad, .notWasmtime, .unsupportedSettings, .wrongKind: nil
    }
  }
}
