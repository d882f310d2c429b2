internal import Glibc

/// A program that goes on until it is told to end, and that says on standard error when it is ready.
final class RunningProgram {
  private let id: pid_t
  private let errors: Int32
  private var said = ""

  /// How long anything may take to be said, in milliseconds.
  private static let patience: Int32 = 60_000

  init(_ command: [String], environment: [String]) throws {
    var ends: [Int32] = [-1, -1]
    guard pipe(&ends) == 0 else { throw Failure(systemCall: "pipe") }
    for end in ends { _ = fcntl(end, F_SETFD, FD_CLOEXEC) }
    errors = ends[0]
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer {
      posix_spawn_file_actions_destroy(&actions)
      close(ends[1])
    }
    posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDERR_FILENO)
    var argv = command.map { strdup($0) } + [nil]
    var envp = environment.map { strdup($0) } + [nil]
    defer { for text in argv + envp { free(text) } }
    var child: pid_t = 0
    let result = posix_spawn(&child, command[0], &actions, nil, &argv, &envp)
    guard result == 0 else {
      close(ends[0])
      throw Failure("\(command[0]): \(String(cString: strerror(result)))")
    }
    id = child
  }

  deinit {
    // Not SIGINT, which a shell has its background jobs ignore.
    kill(id, SIGTERM)
    while waitpid(id, nil, 0) < 0 && errno == EINTR {}
    close(errors)
  }

  /// The processor time that it has had so far, in seconds; 0 if it has ended.
  var processorSeconds: Double {
    var clock = clockid_t()
    var time = timespec()
    guard clock_getcpuclockid(id, &clock) == 0, clock_gettime(clock, &time) == 0 else { return 0 }
    return Double(time.tv_sec) + Double(time.tv_nsec) / 1e9
  }

  /// Whether it has ended.
  var hasEnded: Bool {
    var information = siginfo_t()
    return waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT | WNOHANG) != 0 || information.si_signo == SIGCHLD
  }

  /// Reads what it says until a line begins with this, and forgets what came before.
  ///
  /// - Returns: the rest of the line.
  func line(after start: String) throws -> Substring {
    try wait(for: start)
    while true {
      let rest = said[(said.firstRange(of: start)?.upperBound ?? said.startIndex)...]
      if let end = rest.firstIndex(of: "\n") {
        defer { said = String(said[said.index(after: end)...]) }
        return rest[..<end]
      }
      try read()
    }
  }

  /// Reads what it says until this is among it.
  func wait(for text: String) throws {
    while !said.contains(text) {
      do { try read() } catch { throw Failure("\(error) without \"\(text)\": \(said)") }
    }
  }

  private func read() throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var request = pollfd(fd: errors, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, Self.patience) == 1 else { throw Failure("it has said nothing more") }
    let count = Glibc.read(errors, &buffer, buffer.count)
    guard count > 0 else { throw Failure("it ended") }
    said += String(decoding: buffer[..<count], as: UTF8.self)
  }

  /// Forgets what was said, so that the pipe does not fill and memory does not grow.
  func skip() {
    said = ""
    var buffer = [UInt8](repeating: 0, count: 1 << 16)
    var request = pollfd(fd: errors, events: Int16(POLLIN), revents: 0)
    while poll(&request, 1, 0) == 1, Glibc.read(errors, &buffer, buffer.count) > 0 {}
  }
}
