package import Glibc

/// A file's state as the kernel tells it, as far as we ask.
package struct FileStatus: Hashable, Sendable {
  package let stamp: FileStamp
  package let owner: UInt32
  package let group: UInt32
  package let links: UInt64
  /// Bytes of the blocks that it takes, which may be more or less than its size.
  package let allocated: Int

  package init(_ status: stat) {
    stamp = FileStamp(status)
    owner = status.st_uid
    group = status.st_gid
    links = UInt64(status.st_nlink)
    allocated = Int(clamping: Int64(status.st_blocks)) &* 512
  }

  package var kind: FileKind { stamp.kind }
  package var size: Int { Int(clamping: stamp.size) }
  package var permissions: UInt32 { stamp.mode & 0o7777 }
}

/// Tells one state of one file from another. Equal stamps mean equal contents, but for the clock's granularity.
package struct FileStamp: Hashable, Sendable {
  /// The device's number, or another one that stands for it, see ``DeviceNumbers``.
  package var device: UInt64
  package var inode: UInt64
  /// Bytes.
  package var size: Int64
  /// Nanoseconds since 1970 of the last change of contents.
  package var modified: Int64
  /// Nanoseconds since 1970 of the last change of contents or attributes.
  package var changed: Int64
  /// Type and permission bits.
  package var mode: UInt32

  package init(_ status: stat) {
    device = DeviceNumbers.number(of: UInt64(status.st_dev))
    inode = UInt64(status.st_ino)
    size = Int64(status.st_size)
    modified = Self.nanoseconds(status.st_mtim)
    changed = Self.nanoseconds(status.st_ctim)
    mode = status.st_mode
  }

  package init(device: UInt64, inode: UInt64, size: Int64, modified: Int64, changed: Int64, mode: UInt32) {
    self.device = device
    self.inode = inode
    self.size = size
    self.modified = modified
    self.changed = changed
    self.mode = mode
  }

  /// Saturating, because a file system may hand out any time stamp at all, and a clock may be set to any.
  static func nanoseconds(_ time: timespec) -> Int64 {
    let (seconds, overflow) = Int64(time.tv_sec).multipliedReportingOverflow(by: 1_000_000_000)
    if overflow { return time.tv_sec < 0 ? .min : .max }
    let (sum, carry) = seconds.addingReportingOverflow(Int64(time.tv_nsec))
    return carry ? .max : sum
  }

  package var kind: FileKind { FileKind(mode: mode) }
  package var identity: FileIdentity { FileIdentity(device: device, inode: inode) }
}

/// Tells one file from every other, whatever its names.
package struct FileIdentity: Hashable, Sendable {
  package let device: UInt64
  package let inode: UInt64

  package init(device: UInt64, inode: UInt64) {
    self.device = device
    self.inode = inode
  }
}

package enum FileKind: Hashable, Sendable {
  case regular, directory, symbolicLink, fifo, socket, characterDevice, blockDevice, unknown

  /// From `st_mode`, of which the upper four bits are the type.
  package init(mode: UInt32) { self.init(entryType: UInt8(truncatingIfNeeded: mode >> 12)) }

  /// From the `d_type` of a directory entry. These numbers are the kernel's; Glibc's constants are functions here, and this
  /// is asked twice for every file of a scan.
  package init(entryType: UInt8) {
    switch entryType & 0xf {
    case 1: self = .fifo
    case 2: self = .characterDevice
    case 4: self = .directory
    case 6: self = .blockDevice
    case 8: self = .regular
    case 10: self = .symbolicLink
    case 12: self = .socket
    default: self = .unknown
    }
  }
}

extension FileKind: CustomStringConvertible {
  package var description: String {
    switch self {
    case .regular: "a regular file"
    case .directory: "a directory"
    case .symbolicLink: "a symbolic link"
    case .fifo: "a FIFO"
    case .socket: "a socket"
    case .characterDevice: "a character device"
    case .blockDevice: "a block device"
    case .unknown: "of an unknown kind"
    }
  }
}
