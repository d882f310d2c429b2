import Glibc
import LinuxIO
import SystemPackage
import TestSupport
import Testing

@testable import LinuxIO

struct ImageFileSystemsTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func imagesAreKnownByTheirType() {
    // squashfs, EROFS, ISO 9660, cramfs; some C libraries sign-extend.
    for type in [0x7371_7368, 0xe0f5_e1e2, 0x9660, 0x28cd_3d45, -0x1f0a_1e1e] as [Int64] {
      #expect(ImageFileSystems.isImage(type: type))
    }
    // ext, Btrfs, XFS, tmpfs, overlay, NFS
    for type in [0xef53, 0x9123_683e, 0x5846_5342, 0x0102_1994, 0x794c_7630, 0x6969] as [Int64] {
      #expect(!ImageFileSystems.isImage(type: type))
    }
  }

  @Test func otherFileSystemsHaveTheirDevices() throws {
    let file = try directory.write("x", to: "file")
    var status = stat()
    try #require(stat(file.string, &status) == 0)
    let opened = try Descriptor.open(file, O_RDONLY)
    #expect(try opened.statusMeetingFileSystem().stamp.device == UInt64(status.st_dev))
    #expect(try opened.status().stamp.device == UInt64(status.st_dev))
  }

  private static let canMount =
    geteuid() == 0
    && (try? Tool.shell("/sbin/losetup --find && (/sbin/modprobe erofs || true) && grep -w erofs /proc/filesystems"))
      != nil

  /// The same files in two images that differ in what the files hold, one mounted after the other.
  @Test(.needs(canMount, "root, loop devices and EROFS")) func anImageInTheSamePlaceIsAnother() throws {
    try directory.makeDirectory("mount")
    func stamp(_ contents: String) throws -> FileStamp {
      try directory.write(ErofsImage(file: "m", contents: Array(contents.utf8)).bytes, to: "image")
      _ = try Tool.shell("cd \"$1\" && /bin/mount -t erofs -o loop,ro image mount", [directory.path.string])
      defer { _ = try? Tool.shell("/bin/umount \"$1/mount\"", [directory.path.string]) }
      ImageFileSystems.lookAgain()
      let file = try Descriptor.open(directory("mount/m"), O_RDONLY)
      var stamp = try file.statusMeetingFileSystem().stamp
      #expect(try file.contents() == Array(contents.utf8))
      // What was met is forgotten whenever another test begins to follow mounts.
      for _ in 0..<100 where try Descriptor.status(of: directory("mount/m")).stamp != stamp {
        stamp = try file.statusMeetingFileSystem().stamp
      }
      #expect(try Descriptor.status(of: directory("mount/m")).stamp == stamp, "however it is asked")
      return stamp
    }
    var (one, other) = (try stamp("one"), try stamp("two"))
    #expect(one.device != other.device)
    one.device = 0
    other.device = 0
    #expect(one == other, "nothing else tells them apart")
    ImageFileSystems.lookAgain()
  }
}

/// An image of a directory with one file.
///
/// Source: the kernel's `fs/erofs/erofs_fs.h`.
private struct ErofsImage {
  let bytes: [UInt8]

  init(file name: String, contents: [UInt8]) {
    let block = 4096
    var image = [UInt8](repeating: 0, count: 4 * block)
    func put(_ value: some FixedWidthInteger, at offset: Int) {
      withUnsafeBytes(of: value.littleEndian) { for (index, byte) in $0.enumerated() { image[offset + index] = byte } }
    }
    // The superblock: inodes are in block 1, the root's is the first of them.
    put(UInt32(0xe0f5_e1e2), at: 1024)
    put(UInt8(12), at: 1024 + 12)
    put(UInt16(0), at: 1024 + 14)
    put(UInt64(2), at: 1024 + 16)
    put(UInt64(1_700_000_000), at: 1024 + 24)
    put(UInt32(4), at: 1024 + 36)
    put(UInt32(1), at: 1024 + 40)
    // Inodes of 32 bytes whose contents lie in blocks of their own.
    func putInode(_ number: Int, mode: UInt16, links: UInt16, size: Int, block: UInt32) {
      let offset = 4096 + number * 32
      put(mode, at: offset + 4)
      put(links, at: offset + 6)
      put(UInt32(size), at: offset + 8)
      put(block, at: offset + 16)
      put(UInt32(number + 1), at: offset + 20)
    }
    // The directory: entries of 12 bytes, and then the names, sorted.
    let names = [(".", 0, 2), ("..", 0, 2), (name, 1, 1)]
    var end = names.count * 12
    for (index, (name, inode, type)) in names.enumerated() {
      put(UInt64(inode), at: 2 * block + index * 12)
      put(UInt16(end), at: 2 * block + index * 12 + 8)
      put(UInt8(type), at: 2 * block + index * 12 + 10)
      for (place, byte) in name.utf8.enumerated() { image[2 * block + end + place] = byte }
      end += name.utf8.count
    }
    putInode(0, mode: 0o040755, links: 2, size: end, block: 2)
    putInode(1, mode: 0o100644, links: 1, size: contents.count, block: 3)
    image.replaceSubrange(3 * block..<3 * block + contents.count, with: contents)
    bytes = image
  }
}
