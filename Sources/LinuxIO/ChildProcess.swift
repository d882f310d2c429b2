internal import CLinux
internal import Glibc
internal import Synchronization
internal import SystemPackage

/// A child process that is never left behind: reaped once, and killed if its owner goes first.
package final class ChildProcess: Sendable {
  /// The process id until the child is reaped, so that no other process is ever signalled by it.
  private let id: Mutex<pid_t?>

  /// Starts a program.
  ///
  /// - Parameters:
  ///   - executable: the program's path.
  ///   - arguments: its arguments, its own name first.
  ///   - environment: `NAME=VALUE` texts.
  ///   - descriptors: what the child has as its descriptors 0, 1, 2…; it inherits no others.
  package init(
    executable: String, arguments: [String], environment: [String], descriptors: [Int32]
  ) throws(SystemError) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, source) in descriptors.enumerated() {
      posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
    }
    // Dispatch blocks almost every signal on its threads; a child must not inherit that.
    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    var none = sigset_t()
    sigemptyset(&none)
    posix_spawnattr_setsigmask(&attributes, &none)
    posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETSIGMASK))
    // Not everything that we were started with is close-on-exec.
    clinux_spawn_closing_from(&actions, Int32(descriptors.count))
    var argv = arguments.map { strdup($0) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, executable, &actions, &attributes, &argv, &envp)
    guard result == 0 else { throw SystemError("posix_spawn", Errno(rawValue: result)) }
    id = Mutex(child)
  }

  deinit {
    kill()
    _ = wait()
  }

  /// Ends the child at once; nothing happens if it has ended already.
  package func kill() {
    id.withLock { id in
      if let id { Glibc.kill(id, SIGKILL) }
    }
  }

  /// Ends the child by SIGXCPU once it has used so much more processor time, whatever becomes of this process.
  package func limitProcessorTime(seconds: UInt64) {
    id.withLock { id in
      if let id { _ = clinux_limit_processor_time(id, seconds) }
    }
  }

  /// Whether the child is known to have ended; it may not be reaped yet.
  package var hasEnded: Bool {
    id.withLock { id in
      guard let id else { return true }
      var information = siginfo_t()
      return waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT | WNOHANG) != 0 || information.si_signo == SIGCHLD
    }
  }

  /// Waits for the child's end and says how it came; nil if that was told before.
  package func wait() -> ExitReason? {
    guard let pid = id.withLock({ $0 }) else { return nil }
    // Waits without reaping, so that the id stays the child's until it is forgotten under the lock.
    var information = siginfo_t()
    while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
    return id.withLock { id in
      guard let known = id else { return nil }
      var status: Int32 = 0
      while waitpid(known, &status, 0) < 0 && errno == EINTR {}
      id = nil
      return clinux_exited(status)
        ? .exited(status: clinux_exit_status(status)) : .signalled(clinux_termination_signal(status))
    }
  }
}

/// How a process ended.
package enum ExitReason: Hashable, Sendable {
  case exited(status: Int32)
  case signalled(Int32)
}

extension ExitReason: CustomStringConvertible {
  package var description: String {
    switch self {
    case .exited(let status): "exited with status \(status)"
    case .signalled(let signal):
      "was ended by signal \(signal)" + (strsignal(signal).map { " (\(String(cString: $0).lowercased()))" } ?? "")
    }
  }
}
