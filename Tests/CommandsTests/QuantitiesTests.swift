import Testing

@testable import Commands

struct QuantitiesTests {
  @Test(arguments: [
    (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.00 kB"), (1004, "1.00 kB"), (1006, "1.01 kB"), (1240, "1.24 kB"),
    (9994, "9.99 kB"), (9995, "10.0 kB"), (10_049, "10.0 kB"), (49_700, "49.7 kB"), (99_949, "99.9 kB"),
    (99_950, "100 kB"), (999_499, "999 kB"), (999_500, "1.00 MB"), (1_240_000, "1.24 MB"), (999_499_999, "999 MB"),
    (999_500_000, "1.00 GB"), (.max, "9.22 EB"),
  ])
  func bytesHaveThreeDigits(_ count: Int, _ text: String) { #expect(Quantities.bytes(count) == text) }

  @Test(
    arguments: [
      (0, "0 µs"), (499, "0 µs"), (500, "1 µs"), (850_000, "850 µs"), (999_499, "999 µs"), (999_500, "1.00 ms"),
      (12_345_678, "12.3 ms"), (999_499_999, "999 ms"), (999_500_000, "1.00 s"), (4_210_000_000, "4.21 s"),
      (59_949_999_999, "59.9 s"), (59_950_000_000, "1 min 0 s"), (119_499_999_999, "1 min 59 s"),
      (119_500_000_000, "2 min 0 s"), (200_000_000_000, "3 min 20 s"), (7_200_000_000_000, "120 min 0 s"),
      (.max, "307445734 min 34 s"),
    ] as [(UInt64, String)])
  func durationsHaveThreeDigits(_ nanoseconds: UInt64, _ text: String) {
    #expect(Quantities.duration(nanoseconds: nanoseconds) == text)
  }

  @Test func onlyOneIsSingular() {
    #expect(Quantities.count(0, "module") == "0 modules")
    #expect(Quantities.count(1, "module") == "1 module")
    #expect(Quantities.count(2, "entry", "entries") == "2 entries")
    #expect(Quantities.count(1, "entry", "entries") == "1 entry")
  }
}
