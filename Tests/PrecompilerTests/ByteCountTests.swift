import Testing

@testable import Precompiler

struct ByteCountTests {
  @Test(
    arguments: [
      ("0", 0), ("1B", 1), ("1000B", 1000), ("1K", 1000), ("64ki", 65536), ("3M", 3_000_000), ("1GiB", 1 << 30),
      ("2t", 2_000_000_000_000), ("1.5G", 1_500_000_000), ("0.5Mi", 1 << 19),
    ])
  func amountsAreReadWithTheirUnit(_ text: String, _ bytes: Int) throws {
    #expect(try #require(ByteCount(text)).bytes == bytes)
  }

  @Test(arguments: [
    "", "K", "-1", "1", "999", "1 K", "+1", "1X", "1Kib2", "1.2.3", "9999999999G", "99999999999999999999", "١", "nan",
  ])
  func whatIsNoAmountIsRefused(_ text: String) { #expect(ByteCount(text) == nil) }

  @Test(arguments: ["0", "1B", "999B", "1K", "1001B", "1Ki", "64M", "3Gi", "2T", "1500M"])
  func theyAreWrittenAsTheyAreRead(_ text: String) { #expect(ByteCount(text)?.description == text) }
}
