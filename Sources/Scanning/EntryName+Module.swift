internal import Glibc
internal import LinuxIO

extension EntryName {
  /// Whether it ends with `.wasm`, in lower case as every tool writes it.
  var isModule: Bool {
    guard length >= 5 else { return false }
    let suffix = UnsafeRawPointer(start) + (length - 5)
    return suffix.load(as: UInt8.self) == UInt8(ascii: ".")
      && UInt32(littleEndian: suffix.loadUnaligned(fromByteOffset: 1, as: UInt32.self)) == Self.wasm
  }

  /// Whether it is where a version control system keeps what it stores, in which modules are not the user's files.
  var isVersionControl: Bool { ModuleScanner.versionControl.contains { equals($0) } }

  private func equals(_ other: StaticString) -> Bool {
    length == other.utf8CodeUnitCount && memcmp(start, other.utf8Start, length) == 0
  }

  /// `wasm` as a little-endian number.
  private static let wasm: UInt32 = 0x6d73_6177
}
