// Every setting, once. The releases are those of PyPI's libwasmtime 20 to 50, whose symbols were read one by one; the
// names are those of wasmtime's command line 36 to 49.
extension EngineSetting {
  /// A setting by its name, whatever its group.
  static func named(_ name: String) -> EngineSetting? {
    if let known = all.first(where: { $0.name == name }) { return known }
    guard name.hasPrefix(craneliftPrefix) else { return nil }
    return EngineSetting(name: name, group: .codegen, form: .text, effect: .decides([]))
  }

  /// The start of the names that stand for flags of Cranelift itself: `cranelift-enable_probestack`.
  static let craneliftPrefix = "cranelift-"

  static let epochInterruption = "epoch-interruption"
  static let fuel = "fuel"
  package static let backtraceDetails = "backtrace-details"
  static let gcSupport = "gc-support"
  package static let compiler = "compiler"
  static let optLevel = "opt-level"

  /// Every setting, in the order of wasmtime's own help.
  package static let all: [EngineSetting] = optimize + codegen + debug + wasm

  private static let optimize: [EngineSetting] =
    [
      EngineSetting(name: optLevel, group: .optimize, form: .choice(["0", "1", "2", "s"]), effect: .decides([])),
      EngineSetting(
        name: "regalloc-algorithm", group: .optimize, form: .choice(["backtracking", "single-pass"]),
        effect: .decides([Access(functions: ["wasmtime_config_cranelift_regalloc_algorithm_set"], since: 45)])),
      EngineSetting(
        name: "memory-may-move", group: .optimize, form: .toggle,
        effect: .decides([
          Access(functions: ["wasmtime_config_memory_may_move_set"], since: 28),
          Access(functions: ["wasmtime_config_static_memory_forced_set"], isInverted: true, since: 20, until: 27),
        ])),
      EngineSetting(
        name: "memory-reservation", group: .optimize, form: .number,
        effect: .decides([
          Access(functions: ["wasmtime_config_memory_reservation_set"], since: 28),
          Access(functions: ["wasmtime_config_static_memory_maximum_size_set"], since: 20, until: 27),
        ])),
      EngineSetting(
        name: "memory-reservation-for-growth", group: .optimize, form: .number,
        effect: .decides([
          Access(functions: ["wasmtime_config_memory_reservation_for_growth_set"], since: 28),
          Access(functions: ["wasmtime_config_dynamic_memory_reserved_for_growth_set"], since: 20, until: 27),
        ])),
      EngineSetting(
        name: "memory-guard-size", group: .optimize, form: .number,
        effect: .decides([
          Access(functions: ["wasmtime_config_memory_guard_size_set"], since: 27),
          // Both, because an engine aborts if the guard of dynamic memories is the larger one.
          Access(
            functions: [
              "wasmtime_config_dynamic_memory_guard_size_set", "wasmtime_config_static_memory_guard_size_set",
            ], since: 20, until: 26),
        ])),
      choosing("memory-init-cow", .optimize, since: 20),
      choosing("signals-based-traps", .optimize, since: 39),
      onlyRust("guard-before-linear-memory", .optimize, "true"),
      onlyRust("table-lazy-init", .optimize, "true"),
      following("memory-may-move", form: .toggle, "true"),
      following("memory-reservation", form: .number, "4294967296"),
      following("memory-reservation-for-growth", form: .number, "2147483648"),
      following("memory-guard-size", form: .number, "33554432"),
      onlyRust("gc-heap-initial-size", .optimize, form: .number, "0"),
      EngineSetting(
        name: "static-memory-maximum-size", group: .optimize, form: .number, effect: .means("memory-reservation")),
      EngineSetting(
        name: "static-memory-forced", group: .optimize, form: .toggle, effect: .means("memory-may-move", inverted: true)
      ),
      EngineSetting(
        name: "static-memory-guard-size", group: .optimize, form: .number, effect: .means("memory-guard-size")),
      EngineSetting(
        name: "dynamic-memory-guard-size", group: .optimize, form: .number, effect: .means("memory-guard-size")),
      EngineSetting(
        name: "dynamic-memory-reserved-for-growth", group: .optimize, form: .number,
        effect: .means("memory-reservation-for-growth")),
    ]
    + without(
      .optimize, "pooling-allocator", "pooling-decommit-batch-size", "pooling-memory-keep-resident",
      "pooling-table-keep-resident", "pooling-memory-protection-keys", "pooling-max-memory-protection-keys",
      "memory-guaranteed-dense-image-size", "pooling-total-core-instances", "pooling-total-component-instances",
      "pooling-total-memories", "pooling-total-tables", "pooling-total-stacks", "pooling-max-memory-size",
      "pooling-table-elements", "pooling-max-core-instance-size", "pooling-max-unused-warm-slots",
      "pooling-async-stack-keep-resident", "pooling-max-component-instance-size",
      "pooling-max-core-instances-per-component", "pooling-max-memories-per-component",
      "pooling-max-tables-per-component", "pooling-max-tables-per-module", "pooling-max-memories-per-module",
      "pooling-total-gc-heaps", "pooling-pagemap-scan", "gc-zeal-alloc-counter")

  private static let codegen: [EngineSetting] =
    [
      EngineSetting(
        name: compiler, group: .codegen, form: .choice(["cranelift", "winch", "pulley"]), effect: .decides([])),
      EngineSetting(
        name: "collector", group: .codegen, form: .choice(["auto", "drc", "null", "copying"]),
        effect: .forbidsGC(unless: "drc")),
      choosing("cranelift-debug-verifier", .codegen, since: 20),
      choosing("native-unwind-info", .codegen, since: 20),
      onlyRust("inlining", .codegen, form: .choice(["y", "n", "gc", "inter-module", "intrinsics"]), "n"),
      onlyRust("metadata-for-internal-asserts", .codegen, "false"),
      onlyRust("metadata-for-gc-heap-corruption", .codegen, "false"),
    ] + without(.codegen, "cache", "cache-config", "parallel-compilation")

  private static let debug: [EngineSetting] =
    [
      choosing("debug-info", .debug, since: 20),
      // The C API has no function for it, but looks at the environment when a configuration is made.
      EngineSetting(name: backtraceDetails, group: .debug, form: .toggle, effect: .decides([])),
      onlyRust("guest-debug", .debug, "false"),
      onlyRust("symbols", .debug, "true"),
      EngineSetting(name: "address-map", group: .debug, form: .toggle, effect: .rustCompilerOnly),
    ]
    + without(
      .debug, "logging", "log-to-files", "coredump", "debugger", "arg", "inherit-stdin",
      "inherit-stdout", "inherit-stderr", "max-backtrace")

  private static let wasm: [EngineSetting] =
    [
      EngineSetting(
        name: "nan-canonicalization", group: .wasm, form: .toggle,
        effect: .decides([Access(functions: ["wasmtime_config_cranelift_nan_canonicalization_set"], since: 20)])),
      EngineSetting(
        name: fuel, group: .wasm, form: .number,
        effect: .decides([Access(functions: ["wasmtime_config_consume_fuel_set"], since: 20)])),
      choosing(epochInterruption, .wasm, since: 20),
      feature("relaxed-simd", since: 20),
      choosing("relaxed-simd-deterministic", .wasm, "wasmtime_config_wasm_relaxed_simd_deterministic_set", since: 20),
      feature("simd", since: 20),
      feature("component-model-async-stackful", since: 45),
      feature("component-model-more-async-builtins", since: 45),
      feature("component-model-map", since: 44),
      feature("component-model-implements", since: 49),
      feature("component-model-accessors", since: 50),
      feature("component-model-canonical-names", since: 50),
      feature("component-model-async", since: 45),
      choosing("concurrency-support", .wasm, since: 43),
      feature("component-model", since: 33),
      feature("stack-switching", since: 35),
      feature("exceptions", since: 39),
      feature("gc", since: 20),
      feature("function-references", since: 20),
      feature("reference-types", since: 20),
      choosing(gcSupport, .wasm, since: 43),
      feature("bulk-memory", since: 20),
      feature("multi-memory", since: 20),
      feature("multi-value", since: 20),
      feature("tail-call", since: 20),
      feature("threads", since: 20),
      feature("memory64", since: 20),
      feature("custom-page-sizes", since: 39),
      feature("wide-arithmetic", since: 27),
      feature("branch-hinting", since: 46),
      feature("compact-imports", since: 50),
      onlyRust("wmemcheck", .wasm, "false"),
      onlyRust("shared-everything-threads", .wasm, "false"),
      onlyRust("extended-const", .wasm, "true"),
      onlyRust("component-model-threading", .wasm, "false"),
      onlyRust("component-model-error-context", .wasm, "false"),
      onlyRust("component-model-gc", .wasm, "false"),
      onlyRust("component-model-memory64", .wasm, "false"),
      onlyRust("component-model-fixed-length-lists", .wasm, "false"),
    ]
    + without(
      .wasm, "max-wasm-stack", "async-stack-size", "async-stack-zeroing", "unknown-exports-allow",
      "unknown-imports-trap", "unknown-imports-default", "max-memory-size", "max-table-elements", "max-instances",
      "max-tables", "max-memories", "trap-on-grow-failure", "timeout", "shared-memory")

  // MARK: Rows

  private static func choosing(
    _ name: String, _ group: Group, _ function: String? = nil, since: Int
  ) -> EngineSetting {
    let function = function ?? "wasmtime_config_\(name.inC)_set"
    return EngineSetting(
      name: name, group: group, form: .toggle, effect: .decides([Access(functions: [function], since: since)]))
  }

  private static func feature(_ name: String, since: Int) -> EngineSetting {
    choosing(name, .wasm, "wasmtime_config_wasm_\(name.inC)_set", since: since)
  }

  private static func onlyRust(
    _ name: String, _ group: Group, form: Form = .toggle, _ standard: String
  ) -> EngineSetting {
    EngineSetting(name: name, group: group, form: form, effect: .rustOnly(standard: standard))
  }

  /// The same for the heap of garbage collection as for memories.
  private static func following(_ other: String, form: Form, _ standard: String) -> EngineSetting {
    EngineSetting(
      name: "gc-heap-\(other.dropFirst("memory-".count))", group: .optimize, form: form,
      effect: .follows(other, standard: standard))
  }

  private static func without(_ group: Group, _ names: String...) -> [EngineSetting] {
    names.map { EngineSetting(name: $0, group: group, form: .text, effect: .nothing) }
  }
}

extension String {
  /// A setting's name as functions of the C API have it. (`replacing` takes 0.2 ms to begin with.)
  fileprivate var inC: String {
    String(decoding: utf8.map { $0 == UInt8(ascii: "-") ? UInt8(ascii: "_") : $0 }, as: UTF8.self)
  }
}
