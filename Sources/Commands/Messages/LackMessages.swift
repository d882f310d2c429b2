internal import Precompiler
internal import WasmCache

extension CompileTarget {
  /// The artifact that is missing, and why, or for what else there is one: `winch, only for cranelift`.
  func lack(of content: ModuleContent, _ reason: MissReason) -> String {
    let others = others(of: content, reason)
    return name + (others.isEmpty ? ": \(reason.rawValue)" : ", only for \(others)")
  }

  /// Why a module is compiled: `new module`, or `no artifact for winch, only for cranelift`.
  func cause(of content: ModuleContent, _ reason: MissReason) -> String {
    others(of: content, reason).isEmpty ? reason.rawValue : "no artifact for \(lack(of: content, reason))"
  }

  private func others(of content: ModuleContent, _ reason: MissReason) -> String {
    var others: [String] = []
    let places = [directory].compactMap { $0 } + lower
    for place in places where reason == .newTarget {
      for wish in place.otherWishes(of: content.facts.hash) where !others.contains(wish.printable) {
        others.append(wish.printable)
      }
    }
    return others.joined(separator: " and for ")
  }
}
