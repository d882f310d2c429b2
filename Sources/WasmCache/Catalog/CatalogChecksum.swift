/// Tells a catalog row that rotted from a whole one: 64 bits over all values of the row.
///
/// Each step is a bijection of the state, so a change within one 64-bit word always shows. Any other change escapes once
/// in 2⁶⁴ times. It is no defence against malice: a user who can write into the cache decides what runs anyway.
///
/// Rejected: SHA-256 (3 ms for 10,000 rows); SQLite's checksum extension (not in distributions' builds).
struct CatalogChecksum {
  private var state: UInt64

  /// The table of a row, so that a row is not taken for another table's when pages change places.
  enum Table: UInt64 {
    case roots = 1
    case stat, engines, sightings, compilations, counters, checked, fingerprints, signed
  }

  init(_ table: Table) {
    self.init(seed: 0)
    add(table.rawValue)
  }

  /// Goes on from another checksum's value.
  init(seed: UInt64) { state = seed }

  @inline(__always)
  mutating func add(_ word: UInt64) {
    // The sum keeps a state of zero from staying zero.
    state = (state ^ word) &* 0x9e37_79b9_7f4a_7c15 &+ 0xd1b5_4a32_d192_ed03
    state ^= state >> 32
  }

  mutating func add(_ value: Int64) { add(UInt64(bitPattern: value)) }

  /// Adds the size too, so that no two sequences of parts give the same words.
  mutating func add(_ bytes: UnsafeRawBufferPointer) {
    add(UInt64(bytes.count))
    var offset = 0
    while offset < bytes.count {
      var word: UInt64 = 0
      withUnsafeMutableBytes(of: &word) { target in
        target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<min(offset + 8, bytes.count)]))
      }
      add(UInt64(littleEndian: word))
      offset += 8
    }
  }

  mutating func add(_ bytes: [UInt8]) { bytes.withUnsafeBytes { add($0) } }

  mutating func add(_ text: String) { add(Array(text.utf8)) }

  var value: UInt64 { state }

  /// The bits as a signed number, as SQLite's integers are.
  var signed: Int64 { Int64(bitPattern: state) }
}
