/// An amount of bytes as options spell it: `512`, `64K`, `1M`, `4G`, `1T`, in powers of 1024.
package struct ByteCount: Hashable, Sendable {
  package let bytes: Int

  private static let units: [(letter: Character, shift: Int)] = [("T", 40), ("G", 30), ("M", 20), ("K", 10)]

  package init(_ bytes: Int) { self.bytes = bytes }

  /// Nil for what is no amount, is zero, or is more than any file can have.
  package init?(_ text: String) {
    let unit = text.last.flatMap { last in Self.units.first { String($0.letter) == last.uppercased() } }
    let digits = unit == nil ? text[...] : text.dropLast()
    guard digits.allSatisfy({ $0.isASCII && $0.isNumber }), let number = Int(digits), number > 0 else { return nil }
    let (bytes, overflow) = number.multipliedReportingOverflow(by: 1 << (unit?.shift ?? 0))
    guard !overflow else { return nil }
    self.bytes = bytes
  }
}

extension ByteCount: CustomStringConvertible {
  /// In the largest unit of which it is a whole number.
  package var description: String {
    for (letter, shift) in Self.units where bytes > 0 && bytes.isMultiple(of: 1 << shift) {
      return "\(bytes >> shift)\(letter)"
    }
    return "\(bytes)"
  }
}
