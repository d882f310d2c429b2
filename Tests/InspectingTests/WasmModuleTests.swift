import TestSupport
import Testing

@testable import Inspecting

/// Outlines of core modules, and what is said of bytes that are none.
struct WasmModuleTests {
  private static let types = WasmBinary.section(
    1, [0x02, 0x60, 0x02, 0x7f, 0x7e, 0x01, 0x7d, 0x60, 0x00, 0x02, 0x70, 0x64, 0x6f])
  private static let imports = WasmBinary.section(
    2,
    [0x05] + item("f") + [0x00, 0x00] + item("t") + [0x01, 0x70, 0x00, 0x01] + item("m") + [0x02, 0x03, 0x01, 0x10]
      + item("g") + [0x03, 0x7f, 0x01] + item("e") + [0x04, 0x00, 0x01])
  private static let functions = WasmBinary.section(3, [0x02, 0x01, 0x00])
  private static let memory = WasmBinary.section(5, [0x01, 0x00, 0x02])
  private static let exports = WasmBinary.section(
    7,
    [0x04] + WasmBinary.name("imported") + [0x00, 0x00] + WasmBinary.name("own") + [0x00, 0x01]
      + WasmBinary.name("memory") + [0x02, 0x01] + WasmBinary.name("beyond") + [0x00, 0x63])
  private static let code = WasmBinary.section(10, [0x02, 0x03, 0x00, 0x00, 0x0b, 0x02, 0x00, 0x0b])
  private static let names = WasmBinary.section(
    0, WasmBinary.name("name") + [0x01, 0x06, 0x01, 0x02] + WasmBinary.name("two"))
  private static let whole = WasmBinary.empty + types + imports + functions + memory + exports + code + names

  private static func item(_ name: String) -> [UInt8] { WasmBinary.name("env") + WasmBinary.name(name) }

  @Test func tellsWhatAModuleAsksForAndOffers() throws {
    let module = try WasmModule(Self.whole)
    #expect(module.sections.map(\.name) == ["type", "import", "function", "memory", "export", "code", "name"])
    #expect(module.sections.map(\.isCustom) == [false, false, false, false, false, false, true])
    #expect(module.sections.first?.offset == 10 && module.sections.first?.size == 13)
    let second = "() -> (funcref, (ref extern))"
    #expect(
      module.imports == [
        WasmItem(module: "env", name: "f", kind: "function", type: "(i32, i64) -> f32"),
        WasmItem(module: "env", name: "t", kind: "table", type: "funcref"),
        WasmItem(module: "env", name: "m", kind: "memory", type: "1 to 16 pages of 64 KiB, shared"),
        WasmItem(module: "env", name: "g", kind: "global", type: "mut i32"),
        WasmItem(module: "env", name: "e", kind: "tag", type: second),
      ])
    #expect(
      module.exports == [
        WasmItem(module: "", name: "imported", kind: "function", type: "(i32, i64) -> f32"),
        WasmItem(module: "", name: "own", kind: "function", type: second),
        WasmItem(module: "", name: "memory", kind: "memory", type: "2 pages of 64 KiB or more"),
        WasmItem(module: "", name: "beyond", kind: "function", type: nil),
      ])
    #expect(module.functions == [.init(index: 1, size: 3), .init(index: 2, size: 2)])
    #expect(module.names == [0: "imported", 1: "own", 2: "two", 0x63: "beyond"])
  }

  /// A type is spelled once, and shortly: the many that a small file can say have it cost no more than a reference each.
  @Test func manyImportsOfOneHugeTypeShareItsText() throws {
    let huge = [0x60] + [0xe8, 0x07] + [UInt8](repeating: 0x7f, count: 1000) + [0x01, 0x7e] as [UInt8]
    let count = 100_000
    let imports = Array(repeating: [0x00, 0x00, 0x00, 0x00] as [UInt8], count: count).joined()
    let module = try WasmModule(
      WasmBinary.empty + WasmBinary.section(1, [0x01] + huge)
        + WasmBinary.section(2, [0xa0, 0x8d, 0x06] + Array(imports)))
    let text = Array(repeating: "i32", count: 24).joined(separator: ", ")
    #expect(module.imports.count == count)
    let types = module.imports.map(\.type)
    #expect(Set(types) == ["(\(text), and 976 more) -> i64"])
    // The bytes of a long text are where its value says.
    let places = Set(types.map { type in (type ?? "").utf8.withContiguousStorageIfAvailable { $0.baseAddress } })
    #expect(places.count == 1)
  }

  @Test func typesOfTheGarbageCollectionProposalAreNotKnown() throws {
    let types = WasmBinary.section(1, [0x02, 0x5f, 0x00, 0x60, 0x00, 0x00])
    let module = try WasmModule(WasmBinary.empty + types + Self.functions + Self.exports)
    #expect(module.exports.map(\.type).allSatisfy { $0 == nil })
  }

  @Test func namesThatCannotBeReadAreNotKnown() throws {
    let names = WasmBinary.section(0, WasmBinary.name("name") + [0x01, 0x7f, 0x01])
    #expect(try WasmModule(WasmBinary.empty + names).names.isEmpty)
    #expect(try WasmModule(WasmBinary.returning(1) + names).names == [0: "value"])
  }

  @Test(
    arguments: [
      ([], "at byte 0x0: the preamble has 8 bytes, where 0 are left"),
      (WasmBinary.empty + [0x01], "at byte 0x9: it ends too early"),
      (WasmBinary.empty + [0x01, 0x05, 0x00], "at byte 0xa: a section has 5 bytes, where 1 are left"),
      (WasmBinary.empty + [0x63, 0x00], "at byte 0x8: section 99 is unknown"),
      (WasmBinary.empty + [0x02, 0xff, 0xff, 0xff, 0xff, 0x7f], "at byte 0x9: a number has more than 32 bits"),
      (WasmBinary.empty + WasmBinary.section(2, [0x05]), "at byte 0xa: 5 imports in 0 bytes"),
      (
        WasmBinary.empty + WasmBinary.section(3, [0xff, 0xff, 0x7f]),
        "at byte 0xa: 2097151 functions, where engines accept 1000000"
      ),
      (WasmBinary.empty + WasmBinary.section(7, [0x01, 0x01, 0xff, 0x00, 0x00]), "at byte 0xb: a name is not UTF-8"),
      (
        WasmBinary.empty + WasmBinary.section(7, [0x01, 0x01, 0x61, 0x09, 0x00]),
        "at byte 0xd: an export of unknown kind 9"
      ),
      (WasmBinary.empty + WasmBinary.section(2, [0x01, 0x00, 0x00, 0x09]), "at byte 0xd: an import of unknown kind 9"),
      (WasmBinary.empty + WasmBinary.section(5, [0x01, 0xff]), "at byte 0xb: limits have unknown flags 0xff"),
      (
        WasmBinary.empty + WasmBinary.section(10, [0x01, 0x70]),
        "at byte 0xc: a function has 112 bytes, where 0 are left"
      ),
    ] as [([UInt8], String)]) func damageIsNamedWithItsPlace(_ bytes: [UInt8], _ message: String)
  {
    let error = #expect(throws: FormatError.self) { try WasmModule(bytes) }
    #expect(error?.description == message)
  }

  /// Nothing that comes in makes the reader trap, and an outline is no larger than its file accounts for.
  @Test func anythingAtAllIsReadOrRefused() {
    var random = SeededGenerator(seed: 7)
    var read = 0
    for _ in 0..<20_000 {
      let bytes = random.mutating(random.mutating(Self.whole))
      guard let module = try? WasmModule(bytes) else { continue }
      read += 1
      #expect(module.sections.count + module.imports.count + module.functions.count <= bytes.count)
    }
    #expect(read > 100)
  }
}
