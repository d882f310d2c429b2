internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// Takes the entries of directories from the kernel; one for each thread, for the sake of its buffer.
struct DirectoryReader: ~Copyable {
  /// As many entries as most directories have, so that listing one costs two calls: the entries, and the end.
  private let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 8)

  deinit { buffer.deallocate() }

  /// Calls `body` with each entry, `.` and `..` included, and what the file system says it is (often `unknown`).
  func forEachEntry(of directory: borrowing OpenDirectory, _ body: (EntryName, FileKind) -> Void) throws(Errno) {
    while true {
      let count = try directory.read(into: buffer)
      guard count > 0, let base = buffer.baseAddress else { return }
      var entry = UnsafeRawPointer(base)
      let end = entry + count
      while entry < end {
        let name = (entry + Self.nameOffset).assumingMemoryBound(to: CChar.self)
        body(
          EntryName(start: name, length: strlen(name)),
          FileKind(entryType: entry.load(fromByteOffset: Self.typeOffset, as: UInt8.self)))
        entry += Int(entry.load(fromByteOffset: Self.recordLengthOffset, as: UInt16.self))
      }
    }
  }

  // The kernel's `struct linux_dirent64`: u64 d_ino, s64 d_off, u16 d_reclen, u8 d_type, char d_name[]; see
  // getdents64(2).
  private static let recordLengthOffset = 16
  private static let typeOffset = 18
  private static let nameOffset = 19
}
