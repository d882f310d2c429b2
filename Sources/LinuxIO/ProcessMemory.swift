/// What processes have in memory (proc_pid_status(5), proc_pid_smaps(5)).
package enum ProcessMemory {
  /// Whether processes together have more bytes in memory than allowed, or in the swap space that took them from there. What several of them share counts once.
  ///
  /// What has ended meanwhile, or may not be looked at, has none.
  package static func exceeds(_ limit: Int, _ processes: [Int32]) -> Bool {
    // This takes some microseconds for each, but counts what is shared as often as it is.
    if processes.reduce(0, { $0 + resident(in: $1) }) <= limit { return false }
    return processes.reduce(0) { $0 + proportional(in: $1) } > limit
  }

  /// Bytes in memory or swapped out, shared or not.
  static func resident(in process: Int32) -> Int {
    guard let text = try? PseudoFile.text(at: "/proc/\(process)/status") else { return 0 }
    return sum(of: ["VmRSS", "VmSwap"], in: text) ?? 0
  }

  /// Bytes in memory or swapped out, of which each that is shared counts by the part that each of its users has. The kernel looks at
  /// every page, and tells it only of processes that do not hide.
  static func proportional(in process: Int32) -> Int {
    let text = try? PseudoFile.text(at: "/proc/\(process)/smaps_rollup")
    return text.flatMap { sum(of: ["Pss", "SwapPss"], in: $0) } ?? resident(in: process)
  }

  /// Adds amounts up, in bytes, that lines such as `VmRSS:	 1234 kB` tell.
  ///
  /// - Returns: nil if the first is not there. A kernel without swap may not tell of any.
  static func sum(of names: [String], in text: String) -> Int? {
    var amounts: [Substring: Int] = [:]
    for line in text.split(separator: "\n") {
      let words = line.split { $0 == " " || $0 == "\t" || $0 == ":" }
      if words.count >= 2, let kilobytes = Int(words[1]) { amounts[words[0]] = kilobytes << 10 }
    }
    guard let first = names.first, amounts[first[...]] != nil else { return nil }
    return names.reduce(0) { $0 + (amounts[$1[...]] ?? 0) }
  }
}
