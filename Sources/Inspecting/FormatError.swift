/// Where a file's structure cannot be followed any further, and why.
package struct FormatError: Error, Hashable, Sendable {
  /// Bytes from the start of the file.
  package let offset: Int
  package let reason: String
}

extension FormatError: CustomStringConvertible {
  /// `at byte 0x1a: the section is longer than the file`
  package var description: String { "at byte 0x\(String(offset, radix: 16)): \(reason)" }
}
