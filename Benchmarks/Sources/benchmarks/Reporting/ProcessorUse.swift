internal import Glibc

/// How much the machine's processors have done so far, in seconds: by that one sees whether others disturb.
struct ProcessorUse {
  private let wall: Double
  /// Of everybody together, and what the machine's own host took from it.
  private let busy: Double
  /// Of this process and all programs that it has started.
  private let own: Double

  static func now() -> ProcessorUse {
    var (this, children) = (rusage(), rusage())
    getrusage(RUSAGE_SELF.rawValue, &this)
    getrusage(RUSAGE_CHILDREN.rawValue, &children)
    return ProcessorUse(
      wall: Double(Clock.wall) / 1e9, busy: busySeconds, own: this.processorSeconds + children.processorSeconds)
  }

  /// The part of all processor time since `start` that others had: 0 on a quiet machine.
  func shareOfOthers(since start: ProcessorUse, processors: Int) -> Double {
    let others = (busy - start.busy) - (own - start.own)
    return max(0, others / ((wall - start.wall) * Double(processors)))
  }

  /// Everything in the first line of `/proc/stat` but waiting, and but guests, which count as users, too (proc(5)).
  private static var busySeconds: Double {
    let text = (try? Files.read("/proc/stat")).map { String(decoding: $0, as: UTF8.self) } ?? ""
    let ticks = text.prefix { $0 != "\n" }.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
    guard ticks.count == 8 else { return 0 }
    let waiting = ticks[3] + ticks[4]
    return (ticks.reduce(0, +) - waiting) / Double(sysconf(Int32(_SC_CLK_TCK)))
  }
}
