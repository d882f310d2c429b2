import TestSupport
import Testing

@testable import WasmEngine

/// A way to set up a host's engine, for tests of what it loads.
struct HostCase: Sendable, CustomTestStringConvertible {
  let name: String
  /// As ``EngineConfiguration`` writes them, in its order.
  let settings: [String]

  init(_ name: String, _ settings: [String]) {
    self.name = name
    self.settings = settings
  }

  var testDescription: String { name }

  var configuration: EngineConfiguration { get throws { try EngineConfiguration(settings) } }

  /// The settings that a release has, which is what such a host would have set in it.
  func settings(of version: String) -> [String] {
    settings.filter { text in
      guard let setting = EngineSetting.named(String(text.prefix { $0 != "=" })) else { return false }
      return setting.isThere(in: version)
    }
  }

  /// Every setting of the table with each of its values, and what only goes together.
  static let single: [HostCase] =
    EngineSetting.choices.flatMap { choice in choice.values.map { HostCase(choice.name, ["\(choice.name)=\($0)"]) } }
    + EngineSetting.numbers.flatMap { name in ["0", "3145728"].map { HostCase(name, ["\(name)=\($0)"]) } } + [
      HostCase("simd", ["relaxed-simd=false", "simd=false"]),
      HostCase(
        "reference-types",
        [
          "component-model-async=false", "component-model=false", "exceptions=false", "gc=false",
          "function-references=false",
          "reference-types=false",
        ]),
    ]

  /// What public hosts set, each of them reachable through the C API of the newest release.
  static let real: [HostCase] = [
    HostCase("an edge platform", ["epoch-interruption=true", "component-model-async=true"]),
    HostCase(
      "a plug-in library", ["epoch-interruption=true", "gc=true", "function-references=true", "tail-call=true"]),
    HostCase(
      "a plug-in library, debugging",
      [
        "debug-info=true", "fuel=true", "epoch-interruption=true", "gc=true", "function-references=true",
        "tail-call=true",
      ]),
    HostCase(
      "a proxy",
      [
        "epoch-interruption=true", "relaxed-simd=false", "concurrency-support=false", "component-model-async=false",
        "component-model=false", "exceptions=false", "gc=false", "function-references=false", "multi-memory=false",
        "tail-call=false", "threads=false", "memory64=false",
      ]),
    HostCase(
      "an edge emulator", ["backtrace-details=true", "epoch-interruption=true", "relaxed-simd-deterministic=true"]),
    HostCase("a functions runner", ["fuel=true", "epoch-interruption=true", "threads=false"]),
    HostCase(
      "a streaming broker",
      ["memory-reservation=0", "memory-guard-size=0", "memory-init-cow=false", "fuel=true"]),
    HostCase("an imaging library", ["relaxed-simd-deterministic=true", "memory64=true"]),
    HostCase("a sandbox", ["fuel=true", "epoch-interruption=true"]),
    HostCase("a formatter", ["concurrency-support=false", "component-model-async=false", "gc-support=false"]),
    HostCase(
      "a cell runtime",
      ["epoch-interruption=true", "exceptions=false", "gc=false", "multi-memory=false", "threads=false"]),
  ]

  /// Those that no artifact may differ in from its host.
  static let mustBeEqual: Set<String> = [
    "epoch-interruption", "fuel", "memory-reservation", "memory-guard-size", "memory-may-move", "memory-init-cow",
    "signals-based-traps", "relaxed-simd-deterministic", "debug-info", "backtrace-details", "concurrency-support",
  ]
  /// Those that are not compared.
  static let free: Set<String> = [
    "memory-reservation-for-growth", "regalloc-algorithm", "cranelift-debug-verifier", "native-unwind-info",
    "nan-canonicalization", "branch-hinting",
  ]
}

extension EngineSetting {
  /// Whether a release can be given it.
  func isThere(in version: String) -> Bool {
    guard case .decides(let accesses) = effect, let major = Int(version.prefix { $0 != "." }) else { return false }
    return accesses.isEmpty || accesses.contains { $0.since <= major && major <= $0.until ?? .max }
  }
}
