internal import CLinux
internal import Glibc
internal import Synchronization

/// A child process that is never left behind: reaped once, and killed if its owner goes first.
package final class ChildProcess: Sendable {
  /// The process id until the child is reaped, so that no other process is ever signalled by it.
  private let id: Mutex<pid_t?>

  /// Starts a program that is given some descriptors and inherits no others.
  ///
  /// - Parameters:
  ///   - executable: the program's path.
  ///   - arguments: its arguments, its own name first.
  ///   - fromLastingThread: one more argument, which the program is given if the thread that starts it lives as long as this
  ///     process. Only then may it ask the kernel for its end with its parent, which is a thread to the kernel.
  ///   - descriptors: what the child has as its descriptors 0, 1, 2…
  ///   - leadsSession: whether it has a session of its own, without a terminal, and so is not ended with our process group.
  package convenience init(
    executable: String, arguments: [String], fromLastingThread: String? = nil, environment: EnvironmentVariables,
    descriptors: [Int32], leadsSession: Bool = false
  ) throws(SystemError) {
    guard let fromLastingThread else {
      var spawning = SpawnSettings()
      spawning.give(descriptors)
      if leadsSession { spawning.leadSession() }
      try self.init(executable, arguments, environment, spawning)
      return
    }
    let id = try LastingThread.run { (isLasting) throws(SystemError) in
      let spawning = SpawnSettings()
      spawning.give(descriptors)
      let all = isLasting ? arguments + [fromLastingThread] : arguments
      return try spawning.spawn(executable, all.map { Array($0.utf8CString) }, environment.entries)
    }
    self.init(id)
  }

  private init(_ id: pid_t) {
    self.id = Mutex(id)
  }

  /// Starts a program in a session of its own, with the signal state of a fresh login, that reads nothing.
  ///
  /// Its output goes where ours goes, and it inherits what is not close-on-exec.
  ///
  /// - Parameters:
  ///   - keeping: a descriptor that it inherits, too.
  ///   - sparesOutput: whether its output goes to standard error, because ours is for programs.
  convenience init(
    executable: String, arguments: [String], environment: EnvironmentVariables, keeping descriptor: Int32,
    sparesOutput: Bool
  ) throws(SystemError) {
    var spawning = SpawnSettings()
    spawning.closeInput()
    if sparesOutput { spawning.mergeOutput() }
    spawning.keep(descriptor)
    spawning.leadSession()
    try self.init(executable, arguments, environment, spawning)
  }

  private init(
    _ executable: String, _ arguments: [String], _ environment: EnvironmentVariables,
    _ spawning: borrowing SpawnSettings
  ) throws(SystemError) {
    id = Mutex(try spawning.spawn(executable, arguments.map { Array($0.utf8CString) }, environment.entries))
  }

  deinit {
    kill()
    _ = wait()
  }

  /// Leaves the child to itself: nobody kills or reaps it from now on.
  package func leave() { id.withLock { $0 = nil } }

  /// Ends the child at once; nothing happens if it has been reaped already.
  package func kill() { signal(SIGKILL) }

  private func signal(_ number: Int32) {
    id.withLock { id in
      if let id { Glibc.kill(id, number) }
    }
  }

  /// Ends the child by SIGXCPU once it has used so much more processor time, even if this process is gone by then.
  ///
  /// - Parameter most: seconds after which it is killed, whatever it does about signals. They never become more.
  package func limitProcessorTime(seconds: UInt64, most: UInt64) {
    id.withLock { id in
      if let id { _ = clinux_limit_processor_time(id, seconds, most) }
    }
  }

  /// Seconds of processor time that the child has used; nil if it has been reaped.
  package var processorTime: UInt64? {
    id.withLock { id in id.flatMap { UInt64(exactly: clinux_processor_time($0)) } }
  }

  /// Whether the child is known to have ended; it may not be reaped yet.
  package var hasEnded: Bool {
    id.withLock { id in
      guard let id else { return true }
      var information = siginfo_t()
      return waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT | WNOHANG) != 0 || information.si_signo == SIGCHLD
    }
  }

  /// Waits for the child's end without reaping it: until ``wait()`` its id, and its group's, stay its own.
  package func waitForEnd() {
    guard let pid = id.withLock({ $0 }) else { return }
    var information = siginfo_t()
    while waitid(P_PID, id_t(pid), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
  }

  /// Waits for the child's end without reaping it, though not for ever.
  ///
  /// - Parameter seconds: the longest time.
  package func waitForEnd(atMost seconds: Double) {
    guard let pid = id.withLock({ $0 }) else { return }
    let number = clinux_process_descriptor(pid)
    // A kernel without such descriptors, or a process that may have no more of them.
    guard number >= 0 else {
      let deadline = MonotonicInstant.now().adding(seconds: seconds)
      while !hasEnded && MonotonicInstant.now() < deadline { usleep(500) }
      return
    }
    let process = Descriptor(owning: number)
    let deadline = MonotonicInstant.now().adding(seconds: seconds)
    while true {
      var end = pollfd(fd: process.raw, events: Int16(POLLIN), revents: 0)
      let now = MonotonicInstant.now()
      if now >= deadline { return }
      let count = poll(&end, 1, Int32(clamping: deadline.nanoseconds(since: now) / 1_000_000 + 1))
      if count > 0 || count < 0 && errno != EINTR { return }
    }
  }

  /// Waits for the child's end, reaps it, and says how the end came; nil if that was told before.
  package func wait() -> ExitReason? {
    waitForEnd()
    return id.withLock { id in
      guard let known = id else { return nil }
      var status: Int32 = 0
      while waitpid(known, &status, 0) < 0 && errno == EINTR {}
      id = nil
      return ExitReason(waitStatus: status)
    }
  }
}

/// How a process ended.
package enum ExitReason: Hashable, Sendable {
  case exited(status: Int32)
  case signalled(Int32)

  package init(waitStatus status: Int32) {
    self =
      clinux_exited(status)
      ? .exited(status: clinux_exit_status(status)) : .signalled(clinux_termination_signal(status))
  }
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
