internal import CLinux
internal import Glibc

/// An anonymous file in memory that can be handed to another process and then sealed against every change.
package struct MemoryFile: ~Copyable, Sendable {
  package let descriptor: Descriptor

  /// - Parameter name: shown in `/proc/PID/fd`.
  package init(name: String) throws(SystemError) {
    descriptor = Descriptor(owning: try check("memfd_create", clinux_memory_file(name)))
  }

  /// Makes a file whose contents are these for good.
  package static func sealed(name: String, _ bytes: [UInt8]) throws(SystemError) -> MemoryFile {
    let file = try MemoryFile(name: name)
    try file.descriptor.write(bytes: bytes)
    try file.seal()
    return file
  }

  /// Makes the contents immutable; fails with `EBUSY` while anyone has them mapped writable.
  package func seal() throws(SystemError) { try check("fcntl", clinux_seal_contents(descriptor.raw)) }

  /// Fixes the size. Writing beyond it is an error.
  package func fixSize(_ size: Int) throws(SystemError) {
    try descriptor.setSize(size)
    try check("fcntl", clinux_seal_size(descriptor.raw))
  }
}

extension Descriptor {
  /// Whether it is a memory file whose contents nobody can change any more, so that it may be mapped whoever made it.
  package var isSealed: Bool { clinux_is_sealed(raw) }
}

/// Bytes that stay as they are: a file's contents, mapped for reading, or a copy of them.
///
/// Only sealed memory files and files that nobody shrinks may be mapped: reading past a file that was cut short meanwhile
/// kills the process (SIGBUS).
package struct Mapping: ~Copyable, @unchecked Sendable {
  // Read-only memory without interior pointers, which is what permits @unchecked.
  package let bytes: UnsafeRawBufferPointer
  private let isCopy: Bool

  /// Copies bytes into memory of this process's own. That takes less time than to map a file, as long as they are few.
  package init(copying source: [UInt8]) {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: source.count, alignment: 1)
    copy.copyBytes(from: source)
    bytes = UnsafeRawBufferPointer(copy)
    isCopy = true
  }

  /// Maps the first `size` bytes.
  package init(_ descriptor: borrowing Descriptor, size: Int) throws(SystemError) {
    isCopy = false
    guard size > 0 else {
      bytes = UnsafeRawBufferPointer(start: nil, count: 0)
      return
    }
    guard let start = mmap(nil, size, PROT_READ, MAP_PRIVATE, descriptor.raw, 0), start != MAP_FAILED else {
      throw SystemError("mmap")
    }
    bytes = UnsafeRawBufferPointer(start: start, count: size)
  }

  deinit {
    if isCopy {
      bytes.deallocate()
    } else if let start = bytes.baseAddress {
      munmap(UnsafeMutableRawPointer(mutating: start), bytes.count)
    }
  }
}
