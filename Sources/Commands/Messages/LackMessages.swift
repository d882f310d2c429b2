internal import Precompiler
internal import WasmCache

extension CompileTarget {
  /// The artifact that is missing, and why, or for what else there is one: `winch, only for cranelift`.
  func lack(of content: ModuleContent, _ reason: MissReason) -> String {
    var others: [String] = []
    let places = [directory].compactMap { $0 } + lower
    for place in places where reason == .newModule {
      for wish in place.otherWishes(of: content.facts.hash) where !others.contains(wish.printable) {
        others.append(wish.printable)
      }
    }
    return name + (others.isEmpty ? ": \(reason.rawValue)" : ", only for \(others.joined(separator: " and for "))")
  }
}
