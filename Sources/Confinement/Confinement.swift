internal import CLinux
internal import Glibc
package import LinuxIO

/// The resources that a compile child may take.
package struct ChildLimits: Hashable, Sendable {
  /// Bytes of address space beyond what the program and its engine take before they see a module.
  package var memory: Int
  /// Bytes of the largest file that it may write.
  package var file: Int

  package init(memory: Int, file: Int) {
    self.memory = memory
    self.file = file
  }
}

/// The restrictions that keep a process that reads hostile input from harming anything but its own work.
///
/// Every kernel that the program runs on has limits, no new privileges and no core dumps. Some lack Landlock or seccomp; the
/// process tells its parent which.
package struct Confinement: Hashable, Sendable {
  /// The version of Landlock's interface that is in force; 0 where the kernel lacks or forbids it. No file can be opened.
  /// Since version 4 no TCP port can be used, since version 6 no process outside can be signalled.
  package var landlock: UInt8
  /// Whether system calls are filtered.
  package var filtersSystemCalls: Bool

  package init(landlock: UInt8, filtersSystemCalls: Bool) {
    self.landlock = landlock
    self.filtersSystemCalls = filtersSystemCalls
  }

  /// Confines this process for the rest of its life. It must not have started a thread yet.
  ///
  /// The process keeps its descriptors and can be passed more. It can use memory and make threads, and little else.
  ///
  /// - Parameter threads: how many more threads will work, each of which reserves address space that it does not use.
  package static func enter(_ limits: ChildLimits, threads: Int) throws(SystemError) -> Confinement {
    try check("prctl", clinux_give_up_privileges())
    // A write beyond the limit shall fail and say so, not kill.
    _ = clinux_signal_ignore(SIGXFSZ)
    try check("prlimit64", clinux_limit_file_size(UInt64(limits.file)))
    let addressSpace = try addressSpace(limits, threads: threads)
    try check("prlimit64", clinux_limit_address_space(addressSpace))
    let version = clinux_landlock_version()
    let isRestricted = version > 0 && clinux_landlock_give_up_all(version) == 0
    return Confinement(
      landlock: isRestricted ? UInt8(clamping: version) : 0, filtersSystemCalls: SystemCallFilter.install())
  }

  /// Refuses this process any further thread, so that the threads that it has are all that a module can use.
  ///
  /// Nothing else counts threads: the kernel's limit of processes is one of all that a user has, and is not for root.
  package func refuseThreads() throws(SystemError) {
    if filtersSystemCalls { try check("seccomp", SystemCallFilter.refuseThreads() ? 0 : -1) }
  }

  /// The restrictions that the kernel lacks or forbids, in words; empty where all are in force.
  package var missing: [String] {
    (landlock == 0 ? ["Landlock"] : []) + (filtersSystemCalls ? [] : ["seccomp"])
  }

  /// Allocators reserve memory for each thread (the C library's 64 MiB, mimalloc 32 MiB), and there are stacks (8 MiB at most).
  private static let addressSpaceOfAThread = 72 << 20

  private static func addressSpace(_ limits: ChildLimits, threads: Int) throws(SystemError) -> UInt64 {
    let own = try ownAddressSpace()
    let (sum, overflow) = limits.memory.addingReportingOverflow(own + threads * addressSpaceOfAThread)
    return overflow ? .max : UInt64(sum)
  }

  /// The bytes of address space that this process takes now (proc_pid_statm(5)).
  private static func ownAddressSpace() throws(SystemError) -> Int {
    let text = try PseudoFile.text(at: "/proc/self/statm")
    let pages = Int(text.prefix { $0 != " " }) ?? 0
    return pages * Int(sysconf(Int32(_SC_PAGESIZE)))
  }
}
