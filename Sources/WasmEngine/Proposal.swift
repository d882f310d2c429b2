/// A WebAssembly proposal that an engine may refuse, recognized in its message.
///
/// The engine says it in many ways ("… support is not enabled", "the … proposal must be enabled to …", "… is disabled");
/// what they share is a word for being off and the proposal's name.
public enum Proposal: String, CaseIterable, Sendable {
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
  public init?(namedIn message: String) {
    let text = message.lowercased().replacing("_", with: " ")
    let off = ["not enabled", "must be enabled", "disabled", "not supported without", "required for", "require the"]
    guard off.contains(where: text.contains) else { return nil }
    // The longest name that fits: "relaxed simd" names "simd", too.
    let named = Self.allCases.filter { text.contains($0.rawValue) }
    guard let longest = named.max(by: { $0.rawValue.count < $1.rawValue.count }) else { return nil }
    self = longest
  }
}
