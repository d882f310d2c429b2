/// What a record tells and the C API cannot change, by its place in the record.
///
/// Source: the `wasmtime` command of the releases 36, 43, 45, 47 and 49, which can change it, and `features.rs` of the Rust
/// crate `wasmparser` for the bits of WebAssembly features. Of releases between and after them, only what lies at the same
/// place on both sides is named. No setting changes what adapters between components assert, and whether Winch may call the code,
/// which only its own backend brings about; their places are those of `tunables.rs` of the crate `wasmtime-environ`.
enum UnreachableFacts {
  static func names(inRelease release: Int) -> [String: String] {
    var names = release >= 28 ? features : [:]
    if release >= 43 { names.merge(laterFeatures) { $1 } }
    names.merge(tunables(inRelease: release)) { $1 }
    return names
  }

  private static func tunables(inRelease release: Int) -> [String: String] {
    let places: [Int: String] =
      switch release {
      case 36:
        [
          8: "guard-before-linear-memory", 9: "table-lazy-init", 10: "address-map", 11: "debug-adapter-modules",
          13: "winch-callable", 16: "inlining",
        ]
      case 43...45:
        [
          4: "guest-debug", 10: "guard-before-linear-memory", 11: "table-lazy-init", 12: "address-map",
          13: "debug-adapter-modules", 15: "winch-callable", 18: "inlining",
        ]
      case 47...:
        [
          4: "guest-debug", 5: "symbols", 11: "guard-before-linear-memory", 12: "table-lazy-init", 13: "address-map",
          14: "debug-adapter-modules", 16: "winch-callable", 19: "inlining",
        ]
      default: [:]
      }
    return Dictionary(uniqueKeysWithValues: places.map { ("tunable \($0.key)", $0.value) })
  }

  private static let features = [
    "feature 0": "mutable-global", "feature 1": "saturating-float-to-int", "feature 2": "sign-extension",
    "feature 3": "reference-types", "feature 5": "bulk-memory", "feature 6": "simd", "feature 11": "floats",
    "feature 15": "extended-const", "feature 16": "component-model", "feature 22": "gc-types",
    "feature 34": "bulk-memory-opt", "feature 35": "call-indirect-overlong",
  ]

  private static let laterFeatures = [
    "feature 30": "component-model-threading", "feature 31": "component-model-error-context",
    "feature 32": "component-model-fixed-length-lists", "feature 33": "component-model-gc",
    "feature 39": "component-model-memory64",
  ]
}
