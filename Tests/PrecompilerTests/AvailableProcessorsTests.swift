import Testing

@testable import Precompiler

struct AvailableProcessorsTests {
  @Test(arguments: [
    ("100000 100000\n", 1), ("150000 100000\n", 2), ("200000 100000", 2), ("50000 100000", 1), ("1 100000", 1),
    ("1600000 100000", 16), ("100001 100000", 2), ("\(Int.max) 1", Int.max), ("\(Int.max) \(Int.max)", 1),
  ])
  func partOfAProcessorCountsAsOne(_ limit: String, _ processors: Int) {
    #expect(AvailableProcessors.processors(ofLimit: limit) == processors)
  }

  @Test(arguments: [
    "max 100000\n", "max", "", "100000", "0 100000", "100000 0", "-1 100000", "1 2 3", "1e5 100000", "x y",
  ])
  func otherTextIsNoLimit(_ limit: String) { #expect(AvailableProcessors.processors(ofLimit: limit) == nil) }

  @Test func thereIsAtLeastOne() { #expect((1...4096).contains(AvailableProcessors.count())) }
}
