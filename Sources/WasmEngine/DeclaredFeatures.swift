/// What a module says of the features that it uses, in a custom section that LLVM's linker and others write.
///
/// It is a hint: nothing but time depends on it. Source: the WebAssembly tool conventions, "Target Features Section".
struct DeclaredFeatures {
  /// As the conventions call them: `simd128`, `tail-call`.
  let names: [String]

  /// Looks only at the sections' headers. Nil if the module says nothing, or is not laid out as a module.
  init?(_ module: UnsafeRawBufferPointer) {
    var rest = module.dropFirst(ModuleKind.preambleSize)
    while let id = rest.popFirst() {
      guard let size = Self.number(&rest), size <= rest.count else { return nil }
      var section = rest.prefix(size)
      rest = rest.dropFirst(size)
      if id == 0, Self.text(&section) == "target_features" {
        names = Self.features(section)
        return
      }
    }
    return nil
  }

  /// Whether the module can be expected to be valid at ``FeatureLevel/basic``.
  var areBasic: Bool { names.allSatisfy(Self.basic.contains) }

  private static let basic: Set<String> = [
    "bulk-memory", "bulk-memory-opt", "call-indirect-overlong", "extended-const", "multivalue", "mutable-globals",
    "nontrapping-fptoint", "reference-types", "sign-ext", "simd128",
  ]

  /// Those that are used; others may be listed as forbidden.
  private static func features(_ section: Slice<UnsafeRawBufferPointer>) -> [String] {
    var section = section
    var names: [String] = []
    guard let count = number(&section) else { return [] }
    for _ in 0..<count {
      guard let prefix = section.popFirst(), let name = text(&section) else { break }
      if prefix == UInt8(ascii: "+") { names.append(name) }
    }
    return names
  }

  private static func text(_ bytes: inout Slice<UnsafeRawBufferPointer>) -> String? {
    guard let size = number(&bytes), size <= bytes.count else { return nil }
    defer { bytes = bytes.dropFirst(size) }
    return String(decoding: bytes.prefix(size), as: UTF8.self)
  }

  /// A number of up to 32 bits in LEB128.
  private static func number(_ bytes: inout Slice<UnsafeRawBufferPointer>) -> Int? {
    var value = 0
    for shift in stride(from: 0, to: 35, by: 7) {
      guard let byte = bytes.popFirst() else { return nil }
      value |= Int(byte & 0x7f) << shift
      if byte < 0x80 { return value }
    }
    return nil
  }
}
