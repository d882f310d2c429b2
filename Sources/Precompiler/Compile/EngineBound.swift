/// Bounds that every engine has, and that WebAssembly leaves to it: a module beyond them is valid.
///
/// Source: wasmparser's `limits.rs`, and the messages of its readers.
enum EngineBound {
  private static let words = ["size is out of bounds", "exceeds limit", "exceed maximum", "implementation limit"]

  /// Whether a refusal of the engine says that one is exceeded.
  static func isNamed(in message: String) -> Bool {
    // A function's name comes before the last mark, and can be anything.
    let marks = ["WebAssembly translation error: ", "Compilation error: "]
    let ends = marks.compactMap { message.ranges(of: $0).last?.upperBound }
    let cause = message[(ends.max() ?? message.startIndex)...]
    return words.contains { cause.contains($0) }
  }
}
