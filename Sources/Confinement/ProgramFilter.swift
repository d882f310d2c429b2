internal import CSeccomp
internal import Glibc
internal import LinuxIO

/// The system calls that a foreign compiler may not make (seccomp(2)). It may make all others: what programs need cannot be listed.
///
/// Without sockets there is no network. Nobody leaves the process group, so that killing the group kills all. Landlock says
/// nothing about modes, owners and times: these calls do nothing and say that they did, because linkers make them for every file.
package enum ProgramFilter {
  /// Where the kernel has a call, programs learn that they may not make it, or that it is not there and another way is to be taken.
  private static let refused: [(error: Int32, names: [String])] = [
    (
      EPERM,
      [
        // The network, and the way to it that no filter sees.
        "socket", "io_uring_setup",
        // Leaving the group, whose end is the end of all.
        "setsid", "setpgid",
        // Other processes.
        "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_getfd", "pidfd_send_signal",
        "rt_sigqueueinfo", "rt_tgsigqueueinfo", "kcmp", "process_madvise", "process_mrelease", "move_pages",
        "migrate_pages",
        // Name spaces and mounts, in which other rules hold.
        "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount",
        "fspick", "fsconfig", "mount_setattr",
        // Things that stay when a process has ended, and memory that no limit counts.
        "shmget", "semget", "msgget", "mq_open", "add_key", "request_key", "keyctl", "memfd_secret",
        // What happens to files that it cannot read.
        "inotify_init", "inotify_init1", "fanotify_init",
        // The kernel's inside.
        "bpf", "perf_event_open", "userfaultfd", "open_by_handle_at", "quotactl", "quotactl_fd", "acct", "syslog",
        "personality",
      ]
    ),
    // clone3(2) has its flags in memory, where no filter sees them; the C library then takes clone(2).
    (ENOSYS, ["clone3", "memfd_create"]),
    (
      0,
      [
        "chmod", "fchmod", "fchmodat", "chown", "fchown", "lchown", "fchownat", "utime", "utimes", "futimesat",
        "utimensat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
      ]
    ),
  ]

  /// Calls that are refused with some arguments only.
  private static var refusedInPart: [(error: Int32, name: String, argument: scmp_arg_cmp)] {
    // Limits, priorities and processors of other processes. Zero is the caller.
    ["prlimit64", "sched_setaffinity", "sched_setscheduler", "sched_setparam", "sched_setattr", "setpriority"]
      .map { (EPERM, $0, other(0, than: 0)) }
      + [
        (EPERM, "setpriority", other(1, than: 0)), (EPERM, "ioprio_set", other(0, than: 1)),
        (EPERM, "ioprio_set", other(1, than: 0)),
        // The leader ends when its supervisor does: PR_SET_PDEATHSIG.
        (EPERM, "prctl", equal(0, 1)),
        // A socket for datagrams can speak to any other, although it was made as one of a pair. Raw ones are the same.
        (EPERM, "socketpair", other(0, than: AF_UNIX)),
        (EPERM, "socketpair", equal(1, Int32(SOCK_DGRAM.rawValue), of: 0xf)),
        (EPERM, "socketpair", equal(1, Int32(SOCK_RAW.rawValue), of: 0xf)),
        // Room that no file's size shows.
        (EOPNOTSUPP, "fallocate", equal(1, 1, of: 1)),
        // Signals to anybody, caused by a descriptor: F_SETOWN, F_SETSIG, F_SETOWN_EX.
        (EPERM, "fcntl", equal(1, 8)), (EPERM, "fcntl", equal(1, 10)), (EPERM, "fcntl", equal(1, 15)),
        // Typing into a terminal: TIOCSTI, TIOCLINUX.
        (EPERM, "ioctl", equal(1, 0x5412)), (EPERM, "ioctl", equal(1, 0x541c)),
      ]
      + nameSpaces.map { (EPERM, "clone", equal(0, Int32($0), of: UInt64($0))) }
  }

  private static var nameSpaces: [UInt32] {
    (0..<32).map { 1 << $0 }.filter { cseccomp_name_spaces & UInt64($0) != 0 }
  }

  /// Emptying files, which Landlock knows since its version 3. With the right to write it is refused anyway.
  private static var truncation: [(error: Int32, name: String, argument: scmp_arg_cmp)] {
    [("open", 1), ("openat", 2)].map { name, flags in
      (EACCES, name, equal(UInt32(flags), O_TRUNC | O_RDONLY, of: UInt64(O_TRUNC | O_ACCMODE)))
    }
  }

  /// - Parameter landlock: the version of the kernel's Landlock, which says what is left to be refused here.
  /// - Returns: the filter's instructions; nil where libseccomp cannot make them.
  package static func instructions(landlock: Int32) -> [UInt8]? {
    guard let filter = seccomp_init(cseccomp_allow) else { return nil }
    defer { seccomp_release(filter) }
    func add(_ error: Int32, _ name: String, _ arguments: [scmp_arg_cmp] = []) -> Bool {
      let number = seccomp_syscall_resolve_name(name)
      // A library that is older than a call cannot refuse it.
      if number == cseccomp_unknown_call { return true }
      let action = cseccomp_fail_with(UInt16(error))
      // A call that this architecture does not have is no failure.
      return [0, -EDOM].contains(seccomp_rule_add_array(filter, action, number, UInt32(arguments.count), arguments))
    }
    var whole = refused
    var parts = refusedInPart
    if landlock < truncates {
      whole += [(EACCES, ["truncate"]), (ENOSYS, ["openat2"])]
      parts += truncation
    }
    if landlock < scopesSignals { whole.append((EPERM, ["kill", "tkill"])) }
    guard whole.allSatisfy({ error, names in names.allSatisfy { add(error, $0) } }),
      parts.allSatisfy({ add($0.error, $0.name, [$0.argument]) }),
      let file = try? MemoryFile(name: "filter"), seccomp_export_bpf(filter, file.descriptor.raw) == 0,
      let instructions = try? file.descriptor.contents()
    else { return nil }
    return newCallsFail + instructions
  }

  private static let truncates: Int32 = 3
  private static let scopesSignals: Int32 = 6

  /// Instructions that go before a filter's: calls that are newer than what was looked through here are not there. So a new
  /// kernel gives no new rights. Calls have the same number everywhere since 424.
  private static var newCallsFail: [UInt8] {
    let instructions: [(code: UInt16, yes: UInt8, no: UInt8, value: UInt32)] = [
      (loadWord, 0, 0, 4), (jumpIfEqual, 0, 4, seccomp_arch_native()),
      (loadWord, 0, 0, 0), (jumpIfNotLess, 0, 2, firstNewCall),
      // Those of x32 are for the rest to refuse.
      (jumpIfNotLess, 1, 0, 1 << 30), (giveBack, 0, 0, cseccomp_fail_with(UInt16(ENOSYS))),
    ]
    return instructions.flatMap { one in
      withUnsafeBytes(of: one.code) { Array($0) } + [one.yes, one.no] + withUnsafeBytes(of: one.value) { Array($0) }
    }
  }

  // Source: classic BPF, <linux/bpf_common.h>.
  private static let loadWord: UInt16 = 0x20
  private static let jumpIfEqual: UInt16 = 0x15
  private static let jumpIfNotLess: UInt16 = 0x35
  private static let giveBack: UInt16 = 0x06
  /// cachestat(2), of Linux 6.5.
  private static let firstNewCall: UInt32 = 451

  private static func other(_ argument: UInt32, than value: Int32) -> scmp_arg_cmp {
    scmp_arg_cmp(arg: argument, op: SCMP_CMP_NE, datum_a: UInt64(value), datum_b: 0)
  }

  /// - Parameter bits: those that count. The kernel takes the low half of most arguments, whatever is in the other.
  private static func equal(_ argument: UInt32, _ value: Int32, of bits: UInt64 = 0xffff_ffff) -> scmp_arg_cmp {
    scmp_arg_cmp(
      arg: argument, op: SCMP_CMP_MASKED_EQ, datum_a: bits, datum_b: UInt64(UInt32(bitPattern: value)) & bits)
  }
}
