internal import CLinux
internal import Glibc

/// One flush for everything that was written to a file system, which takes less than one for each of many files.
package enum WholeFileSystem {
  /// Bytes that are not on some disk yet, of any process, up to which all of them are written. Others' gigabytes are not
  /// waited for.
  private static let mostUnwritten = 64 << 20

  /// Makes everything durable that was written to a file's file system.
  ///
  /// That happens where it is as sure as fdatasync(2) of each file and was measured to cost less: on ext4, by a kernel that
  /// tells of what could not be written (5.8 and later), while little is unwritten.
  ///
  /// - Returns: whether it is certain. If not, each file has to be made durable, which also says what is wrong with which.
  package static func synchronize(_ file: borrowing Descriptor) -> Bool {
    var type: Int64 = 0
    guard tellsOfErrors, clinux_file_system_type(file.raw, &type) == 0, isSuitable(type: type),
      let unwritten = try? unwrittenBytes(PseudoFile.text(at: "/proc/meminfo")), unwritten <= mostUnwritten
    else { return false }
    return clinux_synchronize_file_system(file.raw) == 0
  }

  /// - Parameter type: `f_type` of statfs(2).
  static func isSuitable(type: Int64) -> Bool { UInt32(truncatingIfNeeded: type) == 0xef53 }

  /// Reads proc_meminfo(5): what waits to be written, and what is being written.
  ///
  /// - Returns: nil if the text says nothing of it.
  static func unwrittenBytes(_ text: String) -> Int? {
    var total: Int?
    for line in text.split(separator: "\n") where line.hasPrefix("Dirty:") || line.hasPrefix("Writeback:") {
      guard let kilobytes = line.split(separator: " ").dropFirst().first.flatMap({ Int($0) }) else { return nil }
      total = (total ?? 0) + kilobytes << 10
    }
    return total
  }

  private static let tellsOfErrors: Bool = {
    var system = utsname()
    guard uname(&system) == 0 else { return false }
    return tellsOfErrors(
      release: withUnsafeBytes(of: system.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) })
  }()

  /// Whether syncfs(2) fails if something was not written.
  ///
  /// - Parameter release: as uname(2) has it, such as `6.1.0-18-amd64`.
  static func tellsOfErrors(release: String) -> Bool {
    let numbers = release.split(separator: ".").prefix(2).map { Int($0.prefix { $0.isNumber }) ?? 0 }
    guard numbers.count == 2 else { return false }
    return (numbers[0], numbers[1]) >= (5, 8)
  }
}
