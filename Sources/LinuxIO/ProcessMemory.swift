internal import Glibc

/// What processes have in memory (proc_pid_statm(5), proc_pid_smaps(5)).
package enum ProcessMemory {
  /// Whether processes together have more bytes in memory than allowed. What several of them share counts once.
  ///
  /// What has ended meanwhile, or may not be looked at, has none.
  package static func exceeds(_ limit: Int, _ processes: [Int32]) -> Bool {
    // This takes some microseconds for each, but counts what is shared as often as it is.
    if processes.reduce(0, { $0 + resident(in: $1) }) <= limit { return false }
    return processes.reduce(0) { $0 + proportional(in: $1) } > limit
  }

  /// Bytes in memory, shared or not.
  static func resident(in process: Int32) -> Int {
    guard let text = try? PseudoFile.text(at: "/proc/\(process)/statm") else { return 0 }
    let fields = text.split(separator: " ")
    guard fields.count > 1, let pages = Int(fields[1]) else { return 0 }
    return pages * pageSize
  }

  /// Bytes in memory, of which each that is shared counts by the part that each of its users has. The kernel looks at every page,
  /// and tells it only of processes that do not hide.
  static func proportional(in process: Int32) -> Int {
    guard let text = try? PseudoFile.text(at: "/proc/\(process)/smaps_rollup") else { return resident(in: process) }
    for line in text.split(separator: "\n") where line.hasPrefix("Pss:") {
      if let kilobytes = Int(line.split(separator: " ").dropFirst().first ?? "") { return kilobytes << 10 }
    }
    return resident(in: process)
  }

  private static let pageSize = Int(sysconf(Int32(_SC_PAGESIZE)))
}
