internal import Glibc

/// Programs that a program has started and left when it ended: they become children of this process, which gets to know what they took.
enum Orphans {
  /// prctl(2), PR_SET_CHILD_SUBREAPER.
  private static let becomeSubreaper: Int32 = 36

  /// Has orphans become children of this process.
  ///
  /// prctl takes any number of arguments, which Swift cannot pass; on Linux's processors, five of this size are passed alike.
  static func adopt() throws {
    typealias Call = @convention(c) (Int32, UInt, UInt, UInt, UInt) -> Int32
    guard let symbol = dlsym(nil, "prctl") else { throw Failure("no prctl in the C library") }
    guard unsafeBitCast(symbol, to: Call.self)(becomeSubreaper, 1, 0, 0, 0) == 0 else {
      throw Failure(systemCall: "prctl")
    }
  }

  /// The children of this process at the moment (proc(5), `/proc/pid/task/tid/children`).
  static func children() throws -> Set<pid_t> {
    var children: Set<pid_t> = []
    for thread in try Files.names(in: "/proc/self/task") {
      let text = String(decoding: try Files.read("/proc/self/task/\(thread)/children"), as: UTF8.self)
      children.formUnion(text.split(separator: " ").compactMap { pid_t($0) })
    }
    return children
  }

  /// Waits for the end of all children that are not among `others`.
  ///
  /// - Returns: the processor time that they took, in seconds.
  static func waitForAll(but others: Set<pid_t>) throws -> Double {
    var seconds = 0.0
    while let child = try children().subtracting(others).first {
      var status: Int32 = 0
      var usage = rusage()
      while wait4(child, &status, 0, &usage) < 0 {
        guard errno == EINTR else { throw Failure(systemCall: "wait4") }
      }
      seconds += usage.processorSeconds
    }
    return seconds
  }
}
