internal import CLinux
internal import Glibc
internal import LinuxIO

/// How many processors this process may use: those it may run on, less what its control group's quota leaves it.
package enum AvailableProcessors {
  package static func count() -> Int {
    let affinity = Int(clinux_available_processors())
    return max(1, min(affinity > 0 ? affinity : 1, quota ?? .max))
  }

  /// The tightest quota on the way up from this process's group, in whole processors (cgroup v2, `cpu.max`).
  private static var quota: Int? {
    guard let groups = contents("/proc/self/cgroup"),
      let line = groups.split(separator: "\n").first(where: { $0.hasPrefix("0::/") })
    else { return nil }
    var group = String(line.dropFirst(3))
    var tightest: Int?
    while true {
      if let limit = contents("/sys/fs/cgroup\(group)/cpu.max").flatMap(processors(ofLimit:)) {
        tightest = min(tightest ?? .max, limit)
      }
      guard let slash = group.lastIndex(of: "/"), group.count > 1 else { return tightest }
      group = String(group[..<slash])
    }
  }

  /// Reads `QUOTA PERIOD`, both in microseconds, or `max PERIOD` for none. A part of a processor counts as one.
  static func processors(ofLimit text: String) -> Int? {
    let numbers = text.split(whereSeparator: \.isWhitespace).map { Int($0) }
    guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], quota > 0, period > 0 else { return nil }
    return (quota - 1) / period + 1
  }

  private static func contents(_ path: String) -> String? {
    guard let file = try? Descriptor.open(path, O_RDONLY) else { return nil }
    let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 4096, alignment: 1)
    defer { buffer.deallocate() }
    guard let size = try? file.read(into: buffer, at: 0) else { return nil }
    return String(decoding: buffer[..<size], as: UTF8.self)
  }
}
