internal import CSeccomp
internal import Glibc
internal import LinuxIO

/// The system calls that a foreign compiler may not make (seccomp(2)). It may make all others: what programs need cannot be listed.
///
/// Without sockets there is no network. Nobody leaves the process group, so that killing the group kills all. Landlock says
/// nothing about modes, owners and times: these calls do nothing and say that they did, because linkers make them for every file.
package enum ProgramFilter {
  private static let refused = [
    // The network, and the way to it that no filter sees.
    "socket", "io_uring_setup",
    // Leaving the group, whose end is the end of all.
    "setsid", "setpgid",
    // Other processes.
    "ptrace", "process_vm_readv", "process_vm_writev", "pidfd_open", "pidfd_getfd", "pidfd_send_signal",
    "rt_sigqueueinfo", "rt_tgsigqueueinfo", "kcmp", "process_madvise",
    // Name spaces and mounts, in which other rules hold.
    "unshare", "setns", "mount", "umount2", "pivot_root", "chroot", "move_mount", "open_tree", "fsopen", "fsmount",
    // Things that stay when a process has ended.
    "shmget", "semget", "msgget", "mq_open", "add_key", "request_key", "keyctl",
    // The kernel's inside.
    "bpf", "perf_event_open", "userfaultfd", "open_by_handle_at", "quotactl", "acct", "syslog", "personality",
  ]

  private static let withoutEffect = [
    "chmod", "fchmod", "fchmodat", "fchmodat2", "chown", "fchown", "lchown", "fchownat", "utime", "utimes", "futimesat",
    "utimensat", "setxattr", "lsetxattr", "fsetxattr", "removexattr", "lremovexattr", "fremovexattr",
  ]

  /// - Parameter signals: whether the kernel keeps signals from processes outside by itself, as Landlock 6 does.
  /// - Returns: the filter's instructions; nil where libseccomp cannot make them.
  package static func instructions(signalsAreScoped: Bool) -> [UInt8]? {
    guard let filter = seccomp_init(cseccomp_allow) else { return nil }
    defer { seccomp_release(filter) }
    func add(_ action: UInt32, _ name: String) -> Bool {
      let number = seccomp_syscall_resolve_name(name)
      // A library that is older than a call cannot refuse it.
      if number == cseccomp_unknown_call { return true }
      // A call that this architecture does not have is no failure.
      return [0, -EDOM].contains(seccomp_rule_add_array(filter, action, number, 0, nil))
    }
    let refused = refused + (signalsAreScoped ? [] : ["kill", "tkill"])
    guard refused.allSatisfy({ add(cseccomp_fail_with(UInt16(EPERM)), $0) }),
      withoutEffect.allSatisfy({ add(cseccomp_fail_with(0), $0) })
    else { return nil }
    guard let file = try? MemoryFile(name: "filter"), seccomp_export_bpf(filter, file.descriptor.raw) == 0 else {
      return nil
    }
    return try? file.descriptor.contents()
  }
}
