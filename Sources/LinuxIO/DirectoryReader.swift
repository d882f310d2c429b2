internal import CLinux
internal import Glibc
internal import SystemPackage

/// Takes the entries of directories from the kernel (getdents64(2)).
///
/// readdir(3) would allocate a stream for each directory, and make four more system calls. One reader serves many
/// directories, for the sake of its buffer.
package struct DirectoryReader: ~Copyable {
  private let buffer: UnsafeMutableRawBufferPointer

  /// - Parameter capacity: bytes. Most directories fit into the usual number, so that listing one costs two calls: the
  ///   entries, and the end.
  package init(capacity: Int = 64 << 10) {
    buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: capacity, alignment: 8)
  }

  deinit { buffer.deallocate() }

  /// Calls `body` with each entry, `.` and `..` included, and with the kind that the file system tells, which is often
  /// `unknown`.
  ///
  /// It goes on from where reading the directory stands, and leaves it at the end.
  package func forEachEntry(
    of directory: borrowing Descriptor, _ body: (EntryName, FileKind) -> Void
  ) throws(SystemError) {
    while true {
      let count = try read(directory)
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

  /// Fills the buffer with the next entries; 0 at the end.
  private func read(_ directory: borrowing Descriptor) throws(SystemError) -> Int {
    let file = directory.raw
    do {
      return try checkRetrying("getdents64") { clinux_getdents64(file, buffer.baseAddress, buffer.count) }
    } catch let error where error.errno == .noSuchFileOrDirectory {
      // A directory that has been removed while it is open has no entries any more.
      return 0
    }
  }

  // The kernel's `struct linux_dirent64`: u64 d_ino, s64 d_off, u16 d_reclen, u8 d_type, char d_name[].
  private static let recordLengthOffset = 16
  private static let typeOffset = 18
  private static let nameOffset = 19
}

/// The name of a directory entry where the kernel wrote it: followed by NUL, and valid only while the entry is handled.
package struct EntryName {
  package let start: UnsafePointer<CChar>
  package let length: Int

  package init(start: UnsafePointer<CChar>, length: Int) {
    self.start = start
    self.length = length
  }

  package var bytes: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: start, count: length) }

  /// Whether it stands for the directory itself or its parent.
  package var isDots: Bool {
    guard length <= 2 else { return false }
    return bytes.allSatisfy { $0 == UInt8(ascii: ".") }
  }
}
