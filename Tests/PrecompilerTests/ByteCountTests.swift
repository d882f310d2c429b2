import Testing

@testable import Precompiler

struct ByteCountTests {
  @Test(
    arguments: [
      ("1", 1), ("1000", 1000), ("1K", 1024), ("64k", 65536), ("3M", 3 << 20), ("1G", 1 << 30), ("2t", 2 << 40),
    ])
  func amountsAreReadInPowersOf1024(_ text: String, _ bytes: Int) throws {
    #expect(try #require(ByteCount(text)).bytes == bytes)
  }

  @Test(arguments: ["", "K", "0", "0G", "-1", "1.5G", "1 K", "+1", "1KB", "9999999999G", "99999999999999999999", "١"])
  func whatIsNoAmountIsRefused(_ text: String) { #expect(ByteCount(text) == nil) }

  @Test(arguments: ["1", "1000", "1K", "1025", "64M", "3G", "2T"]) func theyAreWrittenAsTheyAreRead(_ text: String) {
    #expect(ByteCount(text)?.description == text)
  }
}
