/// The end of a module that did what WebAssembly forbids, such as dividing by zero or leaving its memory.
public struct Trap: Hashable, Sendable {
  /// The engine's account of what happened, on one line.
  public let reason: String
  /// The calls that led there, the innermost first, as the engine writes them: `0xb6 - module!function`, followed by
  /// ` at file:line:column` where it knows that. At most 20.
  public let backtrace: [String]
  /// The engine's advice, if it gives any.
  public let note: String?

  /// Some releases list every call when the stack is exhausted.
  private static let longestBacktrace = 20

  /// Reads an engine's message, whose parts are a backtrace and causes:
  ///
  ///     error while executing at wasm backtrace:
  ///         0: 0xb6 - module!function
  ///            at module.c:1:2
  ///     note: using the `WASMTIME_BACKTRACE_DETAILS=1` environment variable may show more debugging information
  ///
  ///     Caused by:
  ///         wasm trap: integer divide by zero
  ///
  /// A message of another form is a reason without a backtrace.
  init(message: String) {
    guard message.hasPrefix(Self.opening), let causes = message.firstRange(of: Self.middle) else {
      reason = message.singleLine.replacing(Self.label, with: "")
      backtrace = []
      note = nil
      return
    }
    var calls: [String] = []
    var note: String?
    for line in message[..<causes.lowerBound].split(whereSeparator: \.isNewline).dropFirst() {
      let text = line.drop(while: \.isWhitespace)
      let call = text.drop(while: \.isNumber)
      if text.hasPrefix(Self.advice) {
        note = String(text.dropFirst(Self.advice.count))
      } else if call.startIndex > text.startIndex, call.first == ":" {
        calls.append(String(call.dropFirst().drop(while: \.isWhitespace)))
      } else if !text.isEmpty, let last = calls.indices.last {
        calls[last] += " " + text
      }
    }
    backtrace = Array(calls.prefix(Self.longestBacktrace))
    self.note = note
    reason = String(message[causes.upperBound...]).singleLine.replacing(Self.label, with: "")
  }

  private static let opening = "error while executing at wasm backtrace:"
  private static let advice = "note: "
  private static let middle = "Caused by:"
  private static let label = "wasm trap: "
}
