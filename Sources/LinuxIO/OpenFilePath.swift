/// The path by which this process can open a descriptor's file once more, even if its names lead elsewhere by now.
package struct OpenFilePath: PathText {
  private let number: Int32
  private static let directory = "/proc/self/fd/".utf8.map { CChar(bitPattern: $0) }
  private static let mostDigits = 10

  /// - Parameter descriptor: must stay open as long as the path is used.
  package init(_ descriptor: borrowing Descriptor) { number = descriptor.raw }

  package func withCText<Result>(_ body: (UnsafePointer<CChar>) -> Result) -> Result {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: Self.directory.count + Self.mostDigits + 1) { text in
      _ = text.initialize(fromContentsOf: Self.directory)
      var digits = 1
      var bound: Int64 = 10
      while bound <= Int64(number) {
        bound *= 10
        digits += 1
      }
      var rest = number
      for place in (Self.directory.count..<Self.directory.count + digits).reversed() {
        text[place] = CChar(bitPattern: UInt8(ascii: "0") + UInt8(rest % 10))
        rest /= 10
      }
      text[Self.directory.count + digits] = 0
      // Not empty, so that there is an address.
      return text.baseAddress.map { body($0) } ?? body("")
    }
  }
}
