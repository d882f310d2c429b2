import Testing

@testable import Commands

struct SampleSizeTests {
  @Test(arguments: [("8", 8), ("1000", 120), ("5%", 6), ("0.1%", 1), ("100%", 120), ("all", 120)])
  func aPartOfAHundredAndTwenty(_ text: String, _ count: Int) throws {
    #expect(try #require(SampleSize(argument: text)).count(of: 120) == count)
    #expect(SampleSize(argument: text)?.count(of: 0) == 0)
  }

  @Test(arguments: ["", "0", "-1", "0%", "101%", "nan%", "%", "8 ", "some"]) func noSample(_ text: String) {
    #expect(SampleSize(argument: text) == nil)
  }
}
