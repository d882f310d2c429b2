internal import LinuxIO
internal import WasmEngine

/// The bytes of one row of the `stat` table.
///
///     offset  size
///          0     8  device                  all little-endian
///          8     8  inode
///         16     8  size in bytes
///         24     8  mtime, ns since 1970
///         32     8  ctime, ns since 1970
///         40     4  mode
///         44     4  kind: 0 module, 1 component
///         48     8  when hashing began, ns since 1970
///         56     8  bytes of the module
///         64    32  SHA-256
///         96     8  checksum over the root's path and bytes 0–95
///
/// Device and inode are the row's key too. They are repeated so that a sweep takes one column from each row (a sixth
/// faster), and so that a record which turns up under another key still speaks of its own file.
enum StatRecord {
  static let size = 104
  private static let hashOffset = 64
  private static let checksumOffset = 96

  /// The value that the checksums of one root's rows start from.
  static func seed(root: [UInt8]) -> UInt64 {
    var checksum = CatalogChecksum(.stat)
    checksum.add(root)
    return checksum.value
  }

  static func encode(_ row: StatRow, seed: UInt64, into bytes: UnsafeMutableRawBufferPointer) {
    func store(_ value: some FixedWidthInteger, at offset: Int) {
      bytes.storeBytes(of: value.littleEndian, toByteOffset: offset, as: type(of: value))
    }
    store(row.stamp.device, at: 0)
    store(row.stamp.inode, at: 8)
    store(row.stamp.size, at: 16)
    store(row.stamp.modified, at: 24)
    store(row.stamp.changed, at: 32)
    store(row.stamp.mode, at: 40)
    store(UInt32(row.module.kind.rawValue), at: 44)
    store(row.hashed, at: 48)
    store(row.module.weight, at: 56)
    row.module.hash.digest.store(into: UnsafeMutableRawBufferPointer(rebasing: bytes[hashOffset..<checksumOffset]))
    store(checksum(UnsafeRawBufferPointer(bytes), seed: seed), at: checksumOffset)
  }

  /// Reads a row that ``encode(_:seed:into:)`` wrote; nil for anything else.
  static func decode(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> StatRow? {
    guard bytes.count == size else { return nil }
    func load<Value: FixedWidthInteger>(_ type: Value.Type, at offset: Int) -> Value {
      Value(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: type))
    }
    guard
      load(UInt64.self, at: checksumOffset) == checksum(bytes, seed: seed),
      let kind = ModuleKind(rawValue: UInt8(truncatingIfNeeded: load(UInt32.self, at: 44)))
    else { return nil }
    let stamp = FileStamp(
      device: load(UInt64.self, at: 0), inode: load(UInt64.self, at: 8), size: load(Int64.self, at: 16),
      modified: load(Int64.self, at: 24), changed: load(Int64.self, at: 32), mode: load(UInt32.self, at: 40))
    let digest = Digest256(reading: UnsafeRawBufferPointer(rebasing: bytes[hashOffset..<checksumOffset]))
    return StatRow(
      stamp: stamp, hashed: load(Int64.self, at: 48),
      module: KnownModule(hash: WasmHash(digest), kind: kind, weight: load(Int64.self, at: 56)))
  }

  /// The first 96 bytes must be there. Two sums run side by side, because each waits for its own multiplications.
  private static func checksum(_ bytes: UnsafeRawBufferPointer, seed: UInt64) -> UInt64 {
    func word(at offset: Int) -> UInt64 {
      UInt64(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
    var even = CatalogChecksum(seed: seed)
    var odd = CatalogChecksum(.stat)
    for offset in stride(from: 0, to: checksumOffset, by: 16) {
      even.add(word(at: offset))
      odd.add(word(at: offset + 8))
    }
    even.add(odd.value)
    return even.value
  }
}
