internal import CLinux
internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// The process's surroundings: its environment variables, its own file, its working directory.
enum Environment {
  /// A variable's value, unless it is unset or empty.
  static func value(_ name: String) -> String? {
    guard let text = getenv(name), text.pointee != 0 else { return nil }
    return String(cString: text)
  }

  /// A variable's value with every byte, unless it is unset or empty.
  static func bytes(_ name: String) -> [UInt8]? {
    guard let text = getenv(name), text.pointee != 0 else { return nil }
    return Array(UnsafeRawBufferPointer(start: text, count: strlen(text)))
  }

  /// A variable's value with every byte, which may be empty; nil if it is unset.
  static func inherited(_ name: [UInt8]) -> [UInt8]? {
    let text = (name + [0]).withUnsafeBytes { $0.bindMemory(to: CChar.self).baseAddress.flatMap { getenv($0) } }
    return text.map { Array(UnsafeRawBufferPointer(start: $0, count: strlen($0))) }
  }

  static func path(_ name: String) -> FilePath? {
    guard let text = getenv(name), text.pointee != 0 else { return nil }
    return FilePath(platformString: text)
  }

  /// The parts of a variable that lists directories between colons.
  static func paths(_ name: String) -> [FilePath] {
    guard let text = path(name) else { return [] }
    return text.bytes.split(separator: UInt8(ascii: ":")).map { FilePath(bytes: Array($0)) }
  }

  /// The running program's own file, symbolic links resolved.
  static var executable: FilePath? {
    if let path = try? Descriptor.symbolicLinkTarget(of: "/proc/self/exe") { return path }
    // There is no /proc. The name that it was started with is as good, unless the file was moved since.
    return clinux_executable().flatMap { FilePath(platformString: $0).resolved }
  }

  /// The path seen from the root, without `.` and `..` where that needs no look at the disk.
  static func absolute(_ path: FilePath) -> FilePath { path.absolute }
}
