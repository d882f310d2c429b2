/// The part of an ELF file's header that says where its table of sections is: engines write the table last, so that an
/// artifact without its end, as after a copy that was broken off, lacks part of the table.
///
/// An artifact that is no ELF file is not judged. Source: elf(5), 64 bits, little-endian.
enum ELFHeader {
  /// Bytes.
  static let size = 64

  /// The size in bytes that the file has at least; nil if this is no such header.
  static func end(_ header: [UInt8]) -> Int? {
    let start: [UInt8] = [0x7f, 0x45, 0x4c, 0x46, 2, 1]
    // The first bytes alone are no artifact.
    if !header.isEmpty, start.starts(with: header) { return .max }
    guard header.starts(with: start) else { return nil }
    guard header.count == size else { return .max }
    func number(at offset: Int, bytes: Int) -> UInt64 {
      header[offset..<offset + bytes].reversed().reduce(0) { $0 << 8 | UInt64($1) }
    }
    let table = number(at: 0x28, bytes: 8)
    let (end, overflow) = table.addingReportingOverflow(number(at: 0x3a, bytes: 2) * number(at: 0x3c, bytes: 2))
    return overflow ? .max : Int(clamping: end)
  }
}
