internal import Glibc

/// The name of a directory entry where the kernel wrote it: followed by NUL, and valid only while the entry is handled.
struct EntryName {
  let start: UnsafePointer<CChar>
  let length: Int

  var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: length) }

  /// Whether it ends with `.wasm`, in lower case as every tool writes it.
  var isModule: Bool {
    guard length >= 5 else { return false }
    let suffix = UnsafeRawPointer(start) + (length - 5)
    return suffix.load(as: UInt8.self) == UInt8(ascii: ".")
      && UInt32(littleEndian: suffix.loadUnaligned(fromByteOffset: 1, as: UInt32.self)) == Self.wasm
  }

  /// Whether it stands for the directory itself or its parent.
  var isDots: Bool { equals(".") || equals("..") }

  /// Whether it is where a version control system keeps what it stores, in which modules are not the user's files.
  var isVersionControl: Bool { equals(".git") || equals(".hg") || equals(".svn") }

  private func equals(_ other: StaticString) -> Bool {
    length == other.utf8CodeUnitCount && memcmp(start, other.utf8Start, length) == 0
  }

  /// `wasm` as a little-endian number.
  private static let wasm: UInt32 = 0x6d73_6177
}
