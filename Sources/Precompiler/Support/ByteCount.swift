/// An amount of bytes as options spell it: `5G` and `5GB` are decimal, `5Gi` and `5GiB` binary, `5B` are bytes.
///
/// A number needs its unit, unless it is 0: who types `5` means gigabytes, and five bytes removed a whole cache.
package struct ByteCount: Hashable, Sendable {
  package let bytes: Int

  private static let units: [(letter: String, decimal: Int, binary: Int)] = [
    ("T", 1_000_000_000_000, 1 << 40), ("G", 1_000_000_000, 1 << 30), ("M", 1_000_000, 1 << 20), ("K", 1000, 1 << 10),
  ]

  package init(_ bytes: Int) { self.bytes = bytes }

  /// Reads an amount; nil for any other text, and for more than any file can have.
  package init?(_ text: String) {
    let digits = text.prefix { $0.isASCII && ($0.isNumber || $0 == ".") }
    let unit = text.dropFirst(digits.count).uppercased()
    var factor = unit == "B" || unit.isEmpty && Double(digits) == 0 ? 1 : 0
    for (letter, decimal, binary) in Self.units {
      if unit == letter || unit == letter + "B" { factor = decimal }
      if unit == letter + "I" || unit == letter + "IB" { factor = binary }
    }
    guard factor > 0, let number = Double(digits), number * Double(factor) < 0x1p62 else { return nil }
    bytes = Int(number * Double(factor))
  }
}

extension ByteCount: CustomStringConvertible {
  /// The amount in the unit that gives the smallest whole number.
  package var description: String {
    var shortest = (number: bytes, unit: bytes == 0 ? "" : "B")
    for (letter, decimal, binary) in Self.units where bytes > 0 {
      for (size, unit) in [(decimal, letter), (binary, letter + "i")]
      where bytes.isMultiple(of: size) && bytes / size < shortest.number {
        shortest = (bytes / size, unit)
      }
    }
    return "\(shortest.number)\(shortest.unit)"
  }
}
