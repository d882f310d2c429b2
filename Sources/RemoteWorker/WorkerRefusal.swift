package import WasmEngine

/// An engine's refusal of a module, as a worker writes it and as whoever asked reads it.
package struct WorkerRefusal: Hashable, Sendable {
  package static let program = "wasmprecompile-worker"

  package let error: EngineError

  /// - Returns: nil for what is not the module's fault.
  package init?(_ error: EngineError) {
    guard Self.word(for: error) != nil else { return nil }
    self.error = error
  }

  /// `refused: invalid: type mismatch`
  var line: String {
    let (word, message) = Self.word(for: error) ?? ("", "")
    return "\(Self.beginning)\(word): \(message)"
  }

  private static let beginning = "refused: "

  /// Reads what a worker wrote to standard error, in which the engine may have written, too.
  ///
  /// - Returns: nil if no line of it is a refusal.
  package init?(in text: String) {
    let beginning = "\(Self.program): \(Self.beginning)"
    guard let line = text.split(whereSeparator: \.isNewline).last(where: { $0.hasPrefix(beginning) }) else {
      return nil
    }
    let rest = line.dropFirst(beginning.count)
    guard let end = rest.firstIndex(of: ":") else { return nil }
    let message = String(rest[end...].dropFirst(2))
    switch rest[..<end] {
    case "invalid": error = .invalidModule(message: message)
    case "unserializable": error = .cannotSerialize(message: message)
    case "components": error = .componentsUnsupported
    default: return nil
    }
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
