import TestSupport
import Testing

@testable import Inspecting

/// Compatibility records taken apart.
struct EngineFlagsTests {
  private static func text(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }

  private static func record(
    version: String = "50", target: String = "x86_64-unknown-linux-gnu", level: String = "speed", unwind: UInt8 = 1,
    avx: UInt8 = 1, others: [UInt8] = [1, 2, 3]
  ) -> [UInt8] {
    let start = [0] + text(version) + text(target)
    let shared = [3] + text("opt_level") + [0] + text(level) + text("unwind_info") + [2, unwind]
    return start + shared + text("stack_log2") + [1, 12] + [1] + text("has_avx") + [2, avx] + others
  }

  private func refusals(_ engine: [UInt8], _ artifact: [UInt8]) throws -> [String] {
    try #require(EngineFlags(engine)).refusals(of: try #require(EngineFlags(artifact)))
  }

  @Test func tellsFlagsAndFeatures() throws {
    let flags = try #require(EngineFlags(Self.record(avx: 0)))
    #expect(flags.version == "50" && flags.target == "x86_64-unknown-linux-gnu")
    #expect(flags.shared.map { "\($0.name)=\($0.value)" } == ["opt_level=speed", "unwind_info=true", "stack_log2=12"])
    #expect(flags.processor.map { "\($0.name)=\($0.value)" } == ["has_avx=false"])
    #expect(flags.others == [1, 2, 3])
  }

  @Test func tellsWhyAnEngineWouldRefuse() throws {
    let engine = Self.record()
    let same = try refusals(engine, engine)
    #expect(same == [])
    #expect(try refusals(engine, Self.record(level: "none", avx: 0)) == [])
    #expect(
      try refusals(engine, Self.record(version: "48", target: "x"))
        == ["it was made by wasmtime 48, and the engine is wasmtime 50"])
    #expect(
      try refusals(engine, Self.record(target: "pulley64"))
        == ["its code is for pulley64, and the engine runs x86_64-unknown-linux-gnu"])
    #expect(
      try refusals(Self.record(avx: 0), Self.record(unwind: 0, others: [9]))
        == [
          "unwind_info is false, and the engine has true",
          "it needs the processor feature has_avx, which this machine does not have",
          "it was made with other tunables or WebAssembly features, as another backend has",
        ])
  }

  @Test func otherLayoutsAreNotTakenApart() {
    #expect(EngineFlags([]) == nil)
    #expect(EngineFlags([0, 2, 0x35]) == nil)
    var random = SeededGenerator(seed: 9)
    for _ in 0..<20_000 { _ = EngineFlags(random.mutating(random.mutating(Self.record()))) }
  }
}
