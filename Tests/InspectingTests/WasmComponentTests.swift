import TestSupport
import Testing

@testable import Inspecting

/// Outlines of components.
struct WasmComponentTests {
  private static let imports = WasmBinary.section(
    10,
    [0x02, 0x00] + WasmBinary.name("wasi:io/streams@0.2.0") + [0x05, 0x01, 0x00] + WasmBinary.name("log") + [
      0x01, 0x00,
    ])
  private static let exports = WasmBinary.section(11, [0x01, 0x00] + WasmBinary.name("run") + [0x01, 0x02, 0x00])
  private static let module = WasmBinary.section(1, WasmBinary.returning(7))

  @Test func tellsWhatAComponentAsksForAndOffers() throws {
    let component = try WasmComponent(WasmBinary.emptyComponent + Self.imports + Self.module + Self.exports)
    #expect(component.sections.map(\.name) == ["import", "core module", "export"])
    #expect(
      component.imports == [
        WasmItem(module: "", name: "wasi:io/streams@0.2.0", kind: "instance", type: nil),
        WasmItem(module: "", name: "log", kind: "function", type: nil),
      ])
    #expect(component.exports == [WasmItem(module: "", name: "run", kind: "function", type: nil)])
    #expect(component.modules.map(\.functions.count) == [1])
    #expect(component.modules.first?.exports.first?.type == "() -> i32")
  }

  @Test func damageIsNamedWithItsPlaceInTheWholeFile() {
    let module = WasmBinary.section(1, WasmBinary.empty + [0x63, 0x00])
    let error = #expect(throws: FormatError.self) { try WasmComponent(WasmBinary.emptyComponent + module) }
    #expect(error?.description == "at byte 0x12: section 99 is unknown")
  }

  @Test func anythingAtAllIsReadOrRefused() {
    var random = SeededGenerator(seed: 8)
    let whole = WasmBinary.emptyComponent + Self.imports + Self.module + Self.exports
    var read = 0
    for _ in 0..<20_000 where (try? WasmComponent(random.mutating(random.mutating(whole)))) != nil { read += 1 }
    #expect(read > 100)
  }
}
