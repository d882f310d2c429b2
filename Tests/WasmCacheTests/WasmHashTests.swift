import TestSupport
import Testing
import WasmCache

struct WasmHashTests {
  @Test func isTheSHA256OfTheBytes() {
    // FIPS 180-4's examples.
    #expect(
      WasmHash.generate(Array("abc".utf8)).encode()
        == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad")
    #expect(WasmHash.generate([]).encode() == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855")
    #expect("\(WasmHash.generate([]))" == WasmHash.generate([]).encode())
  }

  @Test func decodeReadsWhatEncodeWrites() throws {
    var random = SeededGenerator(seed: 4)
    var hashes: Set<WasmHash> = []
    for count in 0..<100 {
      let hash = WasmHash.generate(random.bytes(count: count))
      #expect(try WasmHash.decode(hash.encode()) == hash)
      hashes.insert(hash)
    }
    #expect(hashes.count == 100)
  }

  @Test(arguments: [
    ("", WasmHashError.wrongLength(0), "a module hash has 64 hexadecimal digits, this has 0 characters"),
    ("abc", .wrongLength(3), "a module hash has 64 hexadecimal digits, this has 3 characters"),
    (
      String(repeating: "0", count: 65), .wrongLength(65),
      "a module hash has 64 hexadecimal digits, this has 65 characters"
    ),
    (
      String(repeating: "A", count: 64), .notHexadecimal(String(repeating: "A", count: 64)),
      "a module hash has only the digits 0-9 and a-f"
    ),
    (
      String(repeating: "é", count: 32), .notHexadecimal(String(repeating: "é", count: 32)),
      "a module hash has only the digits 0-9 and a-f"
    ),
    (
      "../" + String(repeating: "0", count: 61), .notHexadecimal("../" + String(repeating: "0", count: 61)),
      "a module hash has only the digits 0-9 and a-f"
    ),
  ])
  func otherTextIsRefused(_ text: String, _ error: WasmHashError, _ message: String) {
    #expect(throws: error) { try WasmHash.decode(text) }
    #expect(error.description == message)
  }

  @Test func lockOffsetsAreFileOffsetsOfTheirOwn() throws {
    let high = try WasmHash.decode(String(repeating: "f", count: 64))
    #expect(high.lockOffset == (1 << 62) - 1)
    let modules = (UInt8.min ... .max).map { WasmHash.generate([$0]) }
    #expect(Set(modules.map(\.lockOffset)).count == modules.count)
    #expect(modules.allSatisfy { $0.lockOffset >= 0 })
  }
}
