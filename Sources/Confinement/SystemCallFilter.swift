internal import CSeccomp
internal import Glibc

/// The system calls that a compile child needs once its engine is loaded; every other one kills it (seccomp(2)).
///
/// The list comes from compiling every module of the corpus with every release that the tests load. It was checked against
/// the sources of the C library, of mimalloc and of the engine's runtime: how they allocate, start threads, print and abort.
enum SystemCallFilter {
  private static let allowed = [
    // The lane: requests with descriptors in, replies out; the signal that it hung up.
    "recvmsg", "sendmsg", "close", "poll", "ppoll", "rt_sigreturn", "restart_syscall",
    // Memory; the module is mapped and the artifact written.
    "brk", "mmap", "munmap", "mprotect", "mremap", "madvise", "write", "writev", "membarrier",
    // mimalloc, where there are several nodes of memory.
    "getcpu",
    // The engine's threads.
    "futex", "sched_yield", "sched_getaffinity", "set_robust_list", "rseq", "sigaltstack", "exit", "gettid",
    // The end, by abort(3), too; handlers for it.
    "rt_sigaction", "rt_sigprocmask", "getpid", "exit_group",
    "clock_gettime", "getrandom",
    // Only until ``refuseThreads()``.
    "seccomp",
  ]

  /// The C library and the engine try these and can do without them. They look for settings of the kernel, name a thread, or
  /// find out whether their messages go to a terminal.
  private static let refused: [(name: String, error: Int32)] = [
    ("open", EACCES), ("openat", EACCES), ("prctl", EPERM), ("ioctl", ENOTTY),
    // Its flags are in memory, where no filter sees them. The C library then takes clone(2), whose flags can be checked.
    ("clone3", ENOSYS),
  ]

  /// Puts the filter in force for every thread of this process.
  ///
  /// - Returns: false where the kernel does not take it.
  static func install() -> Bool {
    guard let filter = seccomp_init(cseccomp_kill) else { return false }
    defer { seccomp_release(filter) }
    var isComplete = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0
    func add(_ action: UInt32, _ name: String, _ conditions: [scmp_arg_cmp] = []) {
      let number = seccomp_syscall_resolve_name(name)
      let result = seccomp_rule_add_array(filter, action, number, UInt32(conditions.count), conditions)
      if result != 0 { isComplete = false }
    }
    for name in allowed { add(cseccomp_allow, name) }
    for (name, error) in refused { add(cseccomp_fail_with(UInt16(clamping: error)), name) }
    // Threads of this process, in its own name spaces, and no processes.
    let thread = cseccomp_thread
    add(cseccomp_allow, "clone", [condition(0, SCMP_CMP_MASKED_EQ, thread | cseccomp_name_spaces, thread)])
    // Signals to itself.
    add(cseccomp_allow, "tgkill", [condition(0, SCMP_CMP_EQ, UInt64(getpid()), 0)])
    return isComplete && seccomp_load(filter) == 0
  }

  /// Refuses this process any further thread, and any further filter.
  ///
  /// - Returns: false where the kernel does not take it.
  static func refuseThreads() -> Bool {
    guard let filter = seccomp_init(cseccomp_allow) else { return false }
    defer { seccomp_release(filter) }
    var isComplete = seccomp_attr_set(filter, SCMP_FLTATR_CTL_TSYNC, 1) == 0
    // The filter in force refuses prctl(2), and what this would ask for was given up before.
    if seccomp_attr_set(filter, SCMP_FLTATR_CTL_NNP, 0) != 0 { isComplete = false }
    for (name, action) in [("clone", cseccomp_fail_with(UInt16(EAGAIN))), ("seccomp", cseccomp_kill)] {
      if seccomp_rule_add_array(filter, action, seccomp_syscall_resolve_name(name), 0, nil) != 0 { isComplete = false }
    }
    return isComplete && seccomp_load(filter) == 0
  }

  private static func condition(_ argument: UInt32, _ compare: scmp_compare, _ a: UInt64, _ b: UInt64) -> scmp_arg_cmp {
    scmp_arg_cmp(arg: argument, op: compare, datum_a: a, datum_b: b)
  }
}
