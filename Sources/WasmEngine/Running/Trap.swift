/// The end of a module that did what WebAssembly forbids, such as dividing by zero or leaving its memory.
public struct Trap: Hashable, Sendable {
  /// The engine's account of what happened, on one line.
  public let reason: String
  /// The calls that led there, the innermost first, as the engine writes them: `0xb6 - module!function`. At most 20.
  public let backtrace: [String]

  /// Some releases list every call when the stack is exhausted.
  private static let longestBacktrace = 20

  /// Reads an engine's message, whose parts are a backtrace and causes:
  ///
  ///     error while executing at wasm backtrace:
  ///         0: 0xb6 - module!function
  ///
  ///     Caused by:
  ///         wasm trap: integer divide by zero
  ///
  /// A message of another form is a reason without a backtrace.
  init(message: String) {
    guard message.hasPrefix(Self.opening), let causes = message.firstRange(of: Self.middle) else {
      reason = message.singleLine.replacing(Self.label, with: "")
      backtrace = []
      return
    }
    let calls = message[..<causes.lowerBound].split(whereSeparator: \.isNewline).dropFirst()
    backtrace = calls.prefix(Self.longestBacktrace).map { line in
      let call = line.drop { $0.isWhitespace || $0.isNumber }
      return String(call.drop { $0 == ":" || $0.isWhitespace })
    }
    reason = String(message[causes.upperBound...]).singleLine.replacing(Self.label, with: "")
  }

  private static let opening = "error while executing at wasm backtrace:"
  private static let middle = "Caused by:"
  private static let label = "wasm trap: "
}
