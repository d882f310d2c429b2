import TestSupport
import Testing

@testable import Commands

struct RawArgumentsTests {
  private func survives(_ bytes: [UInt8]) -> Bool { RawArguments.decode(RawArguments.encode(bytes)) == bytes }

  @Test func everyByteGoesThereAndBack() {
    for byte in UInt8.min ... .max {
      #expect(survives([byte]))
      #expect(survives([0x61, byte, 0x62]))
    }
    #expect(survives((UInt8.min ... .max).map { $0 }))
    #expect(survives([]))
  }

  @Test(arguments: ["", "a.wasm", "--backend", "é", "日本語", "🙂", "e\u{301}", "\u{10FEFF}", "\n\u{1b}\u{202e}"])
  func textStaysWhatItIs(_ text: String) {
    let encoded = RawArguments.encode(Array(text.utf8))
    #expect(Array(encoded.utf8) == Array(text.utf8), "not even normalized")
    #expect(RawArguments.decode(encoded) == Array(text.utf8))
  }

  /// The characters that carry bytes can be in a name, too.
  @Test func carriersThemselvesAreCarried() {
    for byte in 0...255 as ClosedRange<UInt32> {
      guard let scalar = Unicode.Scalar(0x10FF00 + byte) else { continue }
      let bytes = Array(String(scalar).utf8)
      #expect(RawArguments.encode(bytes).unicodeScalars.count == 4)
      #expect(survives(bytes))
    }
  }

  @Test(
    arguments: [
      [0xc0, 0x80], [0xc1, 0xbf], [0xe0, 0x80, 0x80], [0xed, 0xa0, 0x80], [0xf0, 0x80, 0x80, 0x80],
      [0xf4, 0x90, 0x80, 0x80], [0xf8, 0x88, 0x80, 0x80, 0x80], [0xe2, 0x82], [0xe2, 0x28, 0xa1], [0xc3],
      [0xc3, 0xc3, 0xa9],
      [0x80, 0xbf, 0xff, 0xfe],
    ] as [[UInt8]])
  func bytesThatAreNoTextGoThereAndBack(_ bytes: [UInt8]) {
    #expect(survives(bytes))
    #expect(survives([0x61] + bytes + [0x62]))
  }

  @Test func randomBytesGoThereAndBack() {
    var random = SeededGenerator(seed: 6)
    for count in 0..<2000 {
      let bytes = random.bytes(count: count % 40)
      #expect(survives(bytes), "\(bytes)")
    }
  }

  /// As names with accents are after a program wrote them in another encoding.
  @Test func mutatedTextGoesThereAndBack() {
    var random = SeededGenerator(seed: 7)
    let text = Array("Größe/日本語/🙂 \u{10FFFD}.wasm".utf8)
    for _ in 0..<2000 {
      let bytes = random.mutating(text)
      #expect(survives(bytes), "\(bytes)")
    }
  }
}
