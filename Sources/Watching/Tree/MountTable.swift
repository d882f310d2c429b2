internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// The file systems that are mounted, and a thread that waits for them to change (proc_pid_mountinfo(5)).
///
/// A watched directory on which something is mounted reports nothing more, and says nothing of that.
final class MountTable: Sendable {
  /// One line, without the options of the mount, which change nothing of what lies where.
  struct Mount: Hashable {
    var id: Substring
    var device: Substring
    var root: Substring
    var point: FilePath
  }

  private let file: Descriptor
  private let watch: DescriptorWatch

  /// - Parameter changed: called on a thread of its own.
  init?(changed: @escaping @Sendable () -> Void) {
    guard let file = try? Descriptor.open(Self.path, O_RDONLY) else { return nil }
    let watch = DescriptorWatch(of: file.raw, for: Int16(POLLPRI)) {
      changed()
      return true
    }
    guard let watch else { return nil }
    self.file = file
    self.watch = watch
  }

  func end() { watch.end() }

  static func mounts() -> Set<Mount> {
    guard let bytes = try? Descriptor.open(path, O_RDONLY).contents() else { return [] }
    return Set(mounts(in: String(decoding: bytes, as: UTF8.self)))
  }

  static func mounts(in text: String) -> [Mount] {
    text.split(separator: "\n").compactMap { line in
      let fields = line.split(separator: " ", maxSplits: 5)
      guard fields.count == 6 else { return nil }
      return Mount(id: fields[0], device: fields[2], root: fields[3], point: FilePath(bytes: unescaped(fields[4])))
    }
  }

  private static let path = "/proc/self/mountinfo"

  /// Spaces, tabs, line ends and backslashes are three octal digits after a backslash.
  private static func unescaped(_ text: Substring) -> [UInt8] {
    var bytes: [UInt8] = []
    var rest = Array(text.utf8)[...]
    while let byte = rest.popFirst() {
      if byte == UInt8(ascii: "\\"), rest.count >= 3,
        let code = UInt8(String(decoding: rest.prefix(3), as: UTF8.self), radix: 8)
      {
        bytes.append(code)
        rest = rest.dropFirst(3)
      } else {
        bytes.append(byte)
      }
    }
    return bytes
  }
}
