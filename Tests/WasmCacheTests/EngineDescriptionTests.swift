import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import WasmCache

/// What `engine.json` may say. A cache that came from elsewhere may say anything.
struct EngineDescriptionTests {
  private let directory: TemporaryDirectory
  private let right = EngineDescription(CacheFixture.identity(.cranelift, optimization: .none))

  init() throws { directory = try TemporaryDirectory() }

  /// Writes a description, and reads it again.
  private func reread(_ change: (inout EngineDescription) -> Void) throws -> EngineDescription? {
    var description = right
    change(&description)
    try directory.write(Array(description.json.utf8), to: "engine.json")
    return EngineDescription(in: try Descriptor.open(directory.path, 0))
  }

  @Test func whatIsWrittenIsRead() throws { #expect(try reread { _ in } == right) }

  @Test(arguments: [".cwasm", ".so", ".A9", "." + String(repeating: "a", count: 31)])
  func suffixes(_ suffix: String) throws { #expect(try reread { $0.suffix = suffix }?.suffix == suffix) }

  @Test(arguments: [
    "", ".", "cwasm", "/../../../../../victim", "./x", "..", ".c/w", ".c w", ".c\u{0}", ".c\n", ".cwasm.", ".ćwasm",
    "." + String(repeating: "a", count: 32),
  ])
  func otherSuffixes(_ suffix: String) throws { #expect(try reread { $0.suffix = suffix } == nil) }

  @Test(arguments: ["cr\u{1b}[31mane\n", "\u{0}", "\u{7f}", "\u{9b}31m", String(repeating: "a", count: 257)])
  func textsThatAreNotShown(_ text: String) throws {
    #expect(try reread { $0.format = text } == nil)
    #expect(try reread { $0.backend = text } == nil)
    #expect(try reread { $0.version = text } == nil)
    #expect(try reread { $0.target = text } == nil)
    #expect(try reread { $0.options[0].name = text } == nil)
    #expect(try reread { $0.options[0].value = text } == nil)
  }

  @Test func aBackendIsNoPath() throws {
    #expect(try reread { $0.backend = "../../x" } == nil)
    #expect(try reread { $0.backend = "wasmer-llvm" } != nil)
  }

  @Test func tooManyOptions() throws {
    #expect(try reread { $0.options = Array(repeating: $0.options[0], count: 64) } != nil)
    #expect(try reread { $0.options = Array(repeating: $0.options[0], count: 65) } == nil)
  }
}
