internal import CLinux

/// File systems on which other machines, or a server behind the kernel's back, change files.
///
/// Locks, memory maps and file events may mean something else there. Source: `linux/magic.h` and statfs(2).
package enum NetworkFileSystem {
  /// The usual name of the network or user-space file system that a file is on. Nil for a local one, and for one that does
  /// not say.
  package static func name(of file: Int32) -> String? {
    var type: Int64 = 0
    return clinux_file_system_type(file, &type) == 0 ? name(type: type) : nil
  }

  /// The usual name of a network or user-space file system; nil for a local one.
  ///
  /// - Parameter type: `f_type` of statfs(2).
  package static func name(type: Int64) -> String? {
    // Some kernels and C libraries sign-extend the 32-bit numbers.
    switch UInt32(truncatingIfNeeded: type) {
    case 0x6969: "NFS"
    case 0x517b, 0xff53_4d42, 0xfe53_4d42: "SMB"
    case 0x6573_5546: "FUSE"
    case 0x0102_1997: "9P"
    case 0x00c3_6400: "Ceph"
    case 0x5346_414f, 0x6b41_4653: "AFS"
    case 0x7375_7245: "Coda"
    case 0x564c: "NCP"
    case 0x0bd0_0bd0: "Lustre"
    case 0x4750_4653: "GPFS"
    case 0x1983_0326: "BeeGFS"
    case 0x7461_636f: "OCFS2"
    case 0x0116_1970: "GFS2"
    case 0x786f_4256: "VirtualBox shared folders"
    case 0xbacb_acbc: "VMware shared folders"
    default: nil
    }
  }
}
