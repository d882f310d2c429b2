internal import CLinux
internal import Glibc
internal import Synchronization

/// Tells one read-only image from another that was mounted in its place.
///
/// Images that were made reproducibly have files of the same inodes, sizes and times, and the kernel gives the next one the device
/// number of the last. So files on them are told apart by the mount, too, whose number is not used again until the machine starts
/// anew. Other file systems have times that only grow, and are left as they are: a mount's number would make every file unknown
/// after each start of the machine.
///
/// A file system is looked at when a directory or file of it is opened: one atomic load, unless it is another than the last.
package enum ImageFileSystems {
  /// How many follow what is mounted, and call ``lookAgain()`` for each change.
  private static let followers = Atomic(0)

  /// Forgets everything: something else may be mounted by now.
  package static func lookAgain() { DeviceNumbers.forget() }

  /// The same for a process that has run after run, where nobody follows what is mounted.
  package static func lookAgainUnlessFollowed() {
    if followers.load(ordering: .acquiring) == 0 { lookAgain() }
  }

  /// Says that somebody follows what is mounted from now on, or does so no longer.
  package static func follow(_ begins: Bool) {
    // Whatever was mounted before is not told.
    if begins { lookAgain() }
    followers.add(begins ? 1 : -1, ordering: .acquiringAndReleasing)
  }

  /// Looks at the file system that an open file lies on, unless that is known.
  ///
  /// - Parameter device: the file's, as a stamp has it.
  /// - Returns: whether stamps of its files are others from now on.
  static func meet(_ device: UInt64, _ file: borrowing Descriptor) -> Bool {
    if DeviceNumbers.wasMetLast(device) { return false }
    let raw = file.raw
    return DeviceNumbers.meet(device) { isImage(raw) ? number(ofMount: raw, device) : nil }
  }

  /// The same for a path that leads to the file. It is opened if it is a regular file or a directory.
  package static func meet(_ stamp: FileStamp, at path: some PathText) -> Bool {
    guard stamp.kind == .regular || stamp.kind == .directory, !DeviceNumbers.wasMetLast(stamp.device),
      let file = try? Descriptor.open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY)
    else { return false }
    return meet(stamp.device, file)
  }

  private static func isImage(_ file: Int32) -> Bool {
    var type: Int64 = 0
    guard clinux_file_system_type(file, &type) == 0 else { return false }
    return isImage(type: type)
  }

  /// - Parameter type: `f_type` of statfs(2).
  static func isImage(type: Int64) -> Bool {
    switch UInt32(truncatingIfNeeded: type) {
    // squashfs, EROFS, ISO 9660, UDF, cramfs, romfs
    case 0x7371_7368, 0xe0f5_e1e2, 0x9660, 0x1501_3346, 0x28cd_3d45, 0x7275: true
    default: false
    }
  }

  private static func number(ofMount file: Int32, _ device: UInt64) -> UInt64 {
    var mount: UInt64 = 0
    guard clinux_unique_mount(file, &mount) == 0,
      let start = try? PseudoFile.text(at: "/proc/sys/kernel/random/boot_id")
    else {
      // Where the kernel does not tell mounts apart, nothing is remembered of them.
      return .random(in: .min ... .max)
    }
    var hash = Checksum()
    for word in [device, mount] { hash.add(word) }
    for byte in start.utf8 { hash.add(UInt64(byte)) }
    return hash.value
  }

  /// FNV-1a, over words.
  private struct Checksum {
    var value: UInt64 = 0xcbf2_9ce4_8422_2325

    mutating func add(_ word: UInt64) { value = (value ^ word) &* 0x100_0000_01b3 }
  }
}

extension Descriptor {
  /// The file's status, after a look at the file system that it lies on.
  ///
  /// For files whose stamps are remembered, or whose directories' are.
  package func statusMeetingFileSystem() throws(SystemError) -> FileStatus {
    let status = try status()
    return ImageFileSystems.meet(status.stamp.device, self) ? try self.status() : status
  }
}
