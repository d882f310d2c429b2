/// A WebAssembly proposal that an engine may refuse, recognized in its message.
///
/// The engine says it in many ways ("… support is not enabled", "the … proposal must be enabled to …", "… is disabled").
/// All of them hold a word for being off and the proposal's name.
package enum Proposal: String, CaseIterable, Sendable {
  case customPageSizes = "custom page sizes"
  case exceptions
  case functionReferences = "function references"
  case garbageCollection = "gc"
  case legacyExceptions = "legacy exceptions"
  case memory64
  case multiMemory = "multi-memory"
  case relaxedSIMD = "relaxed simd"
  case sharedEverythingThreads = "shared-everything-threads"
  case simd
  case stackSwitching = "stack switching"
  case tailCalls = "tail calls"
  case threads
  case wideArithmetic = "wide arithmetic"

  /// The proposal that a message says is missing; nil if it says something else.
  package init?(namedIn message: String) {
    let text = Self.cause(of: message).lowercased().replacing("_", with: " ")
    let off = [
      "not enabled", "be enabled", "disabled", "disallowed", "not supported without", "required for", "require the",
    ]
    guard off.contains(where: text.contains) else { return nil }
    // The longest name that fits: "relaxed simd" names "simd", too.
    let named = Self.allCases.filter { $0.names.contains(where: text.contains) }
    guard let longest = named.max(by: { $0.rawValue.count < $1.rawValue.count }) else { return nil }
    self = longest
  }

  /// The engine's words for it.
  private var names: [String] { self == .exceptions ? [rawValue, "exception handling"] : [rawValue] }

  /// The message without the place of the error. The place holds the function's name, which can be anything.
  private static func cause(of message: String) -> Substring {
    let marks = ["WebAssembly translation error: ", "Compilation error: "]
    let ends = marks.compactMap { message.ranges(of: $0).last?.upperBound }
    return message[(ends.max() ?? message.startIndex)...]
  }
}
