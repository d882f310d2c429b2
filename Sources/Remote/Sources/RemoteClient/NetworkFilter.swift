internal import CSeccomp
internal import Glibc

/// The system calls that this process may not make (seccomp(2)). It may make all others: what the C library needs to look names
/// up depends on the system.
enum NetworkFilter {
  private static let refused = [
    // Other programs, and other processes. (Threads are made by clone(2), see below.)
    "execve", "execveat", "fork", "vfork", "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open",
    "pidfd_getfd", "pidfd_send_signal", "kill", "tkill", "rt_sigqueueinfo", "rt_tgsigqueueinfo", "kcmp",
    "process_madvise", "process_mrelease", "move_pages", "migrate_pages",
    // Being a server, and the way to the network that no filter sees.
    "listen", "accept", "accept4", "io_uring_setup",
    // Name spaces and mounts, in which other rules hold.
    "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount",
    "fspick", "fsconfig", "mount_setattr",
    // Files, as far as Landlock does not know of it.
    "truncate", "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes",
    "futimesat", "utimensat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
    "inotify_init", "inotify_init1", "fanotify_init",
    // Things that stay when a process has ended.
    "shmget", "semget", "msgget", "mq_open", "add_key", "request_key", "keyctl",
    // The kernel's inside.
    "bpf", "perf_event_open", "userfaultfd", "open_by_handle_at", "quotactl", "quotactl_fd", "acct", "syslog",
    "personality", "init_module", "finit_module", "delete_module", "kexec_load", "kexec_file_load", "reboot", "swapon",
    "swapoff", "settimeofday", "clock_settime", "adjtimex", "clock_adjtime", "iopl", "ioperm",
  ]

  /// Puts the filter in force for every thread of this process.
  ///
  /// - Returns: false where the kernel or libseccomp cannot do that.
  static func install() -> Bool {
    guard let filter = seccomp_init(cseccomp_allow) else { return false }
    defer { seccomp_release(filter) }
    func add(_ name: String, _ error: Int32, _ conditions: [scmp_arg_cmp] = []) -> Bool {
      let number = seccomp_syscall_resolve_name(name)
      // A library that is older than a call cannot refuse it.
      if number == cseccomp_unknown_call { return true }
      let action = cseccomp_fail_with(UInt16(error))
      // A call that this architecture does not have is no failure.
      return [0, -EDOM].contains(seccomp_rule_add_array(filter, action, number, UInt32(conditions.count), conditions))
    }
    // clone3(2) has its flags in memory, where no filter sees them; the C library then takes clone(2).
    let thread = UInt64(0x10000)  // CLONE_THREAD
    let process = scmp_arg_cmp(arg: 0, op: SCMP_CMP_MASKED_EQ, datum_a: thread, datum_b: 0)
    // Limits of other processes. Zero is the caller.
    let other = scmp_arg_cmp(arg: 0, op: SCMP_CMP_NE, datum_a: 0, datum_b: 0)
    // Threads of this process get signals of its own.
    let stranger = scmp_arg_cmp(arg: 0, op: SCMP_CMP_NE, datum_a: UInt64(getpid()), datum_b: 0)
    return refused.allSatisfy { add($0, EPERM) } && add("clone3", ENOSYS) && add("clone", EPERM, [process])
      && add("prlimit64", EPERM, [other]) && add("tgkill", EPERM, [stranger])
      && seccomp_load(filter) == 0
  }
}
