internal import CLinux
internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// A directory held open to be listed and to have its files examined; closes itself.
///
/// Nothing else is ever opened by a scan: `O_DIRECTORY` makes the kernel refuse FIFOs and devices before it opens them.
struct OpenDirectory: ~Copyable, Sendable {
  private let descriptor: Int32

  /// `path` ends with NUL.
  init(path: [UInt8], followingLink: Bool) throws(Errno) {
    let flags = O_RDONLY | O_DIRECTORY | O_CLOEXEC | (followingLink ? 0 : O_NOFOLLOW)
    var result: Int32
    repeat {
      result = path.withCString { open($0, flags) }
    } while result < 0 && errno == EINTR
    guard result >= 0 else { throw Errno(rawValue: errno) }
    descriptor = result
  }

  deinit { close(descriptor) }

  func identity() throws(Errno) -> FileIdentity {
    var status = stat()
    guard fstat(descriptor, &status) == 0 else { throw Errno(rawValue: errno) }
    return FileIdentity(device: UInt64(status.st_dev), inode: UInt64(status.st_ino))
  }

  /// Looks at one name in the directory; nil when `status` has been filled in.
  @inline(__always)
  func examine(_ name: UnsafePointer<CChar>, followingLink: Bool, into status: inout stat) -> Errno? {
    fstatat(descriptor, name, &status, followingLink ? 0 : AT_SYMLINK_NOFOLLOW) == 0 ? nil : Errno(rawValue: errno)
  }

  /// Fills `buffer` with the next entries in the kernel's form; 0 at the end.
  func read(into buffer: UnsafeMutableRawBufferPointer) throws(Errno) -> Int {
    while true {
      let count = clinux_getdents64(descriptor, buffer.baseAddress, buffer.count)
      if count >= 0 { return count }
      // A directory that has been removed while it is open has no entries any more.
      if errno == ENOENT { return 0 }
      if errno != EINTR { throw Errno(rawValue: errno) }
    }
  }
}
