internal import CLinux
internal import LinuxIO

/// How many processors this process may use: those it may run on, less what its control group's quota leaves it (`cpu.max`
/// of cgroup v2, `cpu.cfs_quota_us` of v1).
package enum AvailableProcessors {
  package static func count() -> Int {
    let affinity = Int(clinux_available_processors())
    return max(1, min(affinity > 0 ? affinity : 1, quota { try? PseudoFile.text(at: $0) } ?? .max))
  }

  /// The tightest quota on the way up from this process's group, in whole processors.
  ///
  /// - Parameter contents: gives a file's contents; nil if there is none.
  static func quota(_ contents: @escaping (String) -> String?) -> Int? {
    var tightest: Int?
    // By arrays of bytes, which the runtime knows: to split a text takes a thirtieth of a start.
    for line in Array((contents("/proc/self/cgroup") ?? "").utf8).split(separator: UInt8(ascii: "\n")) {
      // hierarchy:controllers:group
      let fields = line.split(separator: UInt8(ascii: ":"), maxSplits: 2, omittingEmptySubsequences: false)
      guard fields.count == 3 else { continue }
      let limit: (String) -> Int?
      if fields[0] == [UInt8(ascii: "0")] && fields[1].isEmpty {
        limit = { group in contents("/sys/fs/cgroup\(group)/cpu.max").flatMap(processors(ofLimit:)) }
      } else if fields[1].split(separator: UInt8(ascii: ",")).contains(Array("cpu".utf8)[...]) {
        limit = { group in
          let place = "/sys/fs/cgroup/cpu\(group)/cpu.cfs_"
          guard let quota = contents(place + "quota_us"), quota.utf8.first != UInt8(ascii: "-"),
            let period = contents(place + "period_us")
          else { return nil }
          return processors(ofLimit: "\(quota) \(period)")
        }
      } else {
        continue
      }
      var group = String(decoding: fields[2], as: UTF8.self)
      while true {
        if let limit = limit(group == "/" ? "" : group) { tightest = min(tightest ?? .max, limit) }
        // A container sees its own group as the topmost, under a name that it has outside.
        guard group != "/", let slash = group.utf8.lastIndex(of: UInt8(ascii: "/")) else { break }
        group = slash == group.startIndex ? "/" : String(group[..<slash])
      }
    }
    return tightest
  }

  /// Reads `QUOTA PERIOD`, both in microseconds, or `max PERIOD` or `-1 PERIOD` for none. A part of a processor counts as one.
  static func processors(ofLimit text: String) -> Int? {
    let numbers = text.utf8.split { $0 <= UInt8(ascii: " ") }.map { Int(String(decoding: $0, as: UTF8.self)) }
    guard numbers.count == 2, let quota = numbers[0], let period = numbers[1], quota > 0, period > 0 else { return nil }
    return (quota - 1) / period + 1
  }
}
