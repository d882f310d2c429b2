/// How much of WebAssembly an artifact may assume of its host.
public enum FeaturePolicy: String, CaseIterable, Hashable, Sendable {
  /// As little as the module needs: more hosts load it, and the code is the same.
  case least
  /// Everything that the engine has by itself.
  case all
}

/// A step in how much of WebAssembly a module may use. The lowest at which a module is valid says what its host must have.
///
/// A level only takes away: an engine never has more of WebAssembly than its configuration says.
package enum FeatureLevel: Int, CaseIterable, Hashable, Sendable {
  /// WebAssembly 2.0, without garbage collection anywhere in the engine.
  case basic
  /// And shared memories with atomic instructions.
  case threads
  /// And several memories, 64-bit memories, tail calls, relaxed vector instructions, wide arithmetic.
  case extended
  /// And references to functions, garbage collection, exceptions: everything that the engine has.
  case all

  /// The levels at which a module is tried, the lowest first. The C API cannot say whether a component is valid without
  /// compiling it, and components differ in little else.
  ///
  /// - Parameter host: the record of the engine that is to load the artifact. One that wants exactly what it has itself gets
  ///   that.
  package static func levels(
    for kind: ModuleKind, _ policy: FeaturePolicy, host: CompatibilityRecord
  ) -> [FeatureLevel] {
    guard CompatibilityRecord.acceptsFewerFeatures(host.release) else { return [.all] }
    return switch (policy, kind) {
    case (.all, _): [.all]
    case (.least, .coreModule): allCases
    case (.least, .component): [.basic, .all]
    }
  }

  /// The settings that are switched off.
  ///
  /// Exceptions go with garbage collection: without it, tags and `throw` are valid, and the compiler aborts on them. Stack
  /// switching stays as it is: an engine that has it refuses code for none.
  func settingsOff(for kind: ModuleKind) -> [String] {
    var names: [String] = []
    if self < .all {
      names += [
        "component-model-async-stackful", "component-model-more-async-builtins", "component-model-map",
        "component-model-implements", "component-model-accessors", "component-model-canonical-names",
        "component-model-async", "exceptions", "gc", "function-references", EngineSetting.gcSupport, "compact-imports",
      ]
      if kind == .coreModule { names.append("component-model") }
    }
    if self < .extended {
      names += [
        "relaxed-simd", "multi-memory", "tail-call", "memory64", "custom-page-sizes", "wide-arithmetic",
      ]
    }
    if self < .threads { names.append("threads") }
    return names
  }
}

extension FeatureLevel: Comparable {
  package static func < (one: FeatureLevel, other: FeatureLevel) -> Bool { one.rawValue < other.rawValue }
}
