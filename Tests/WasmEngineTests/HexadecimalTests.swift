import TestSupport
import Testing
import WasmEngine

struct HexadecimalTests {
  @Test func everyByteGoesThereAndBack() {
    let all = (UInt8.min ... .max).map { $0 }
    #expect(all.hex.hasPrefix("000102030405060708090a0b0c0d0e0f10"))
    #expect(all.hex.hasSuffix("fdfeff"))
    #expect([UInt8](hex: all.hex.utf8) == all)
    #expect([UInt8]().hex == "")
    #expect([UInt8](hex: "".utf8) == [])
    #expect([0x00, 0xff, 0x0a].spacedHex == "00 ff 0a")
  }

  @Test(arguments: ["0", "012", "0g", "AB", "0x", " 0", "-1", "é", "00\0"]) func refusesOtherText(_ text: String) {
    #expect([UInt8](hex: text.utf8) == nil)
  }

  @Test func randomBytesGoThereAndBack() {
    var random = SeededGenerator(seed: 1)
    for count in 0..<100 {
      let bytes = random.bytes(count: count)
      #expect([UInt8](hex: bytes.hex.utf8) == bytes)
    }
  }
}
