internal import CLinux
internal import Glibc

/// A process between us and a shell command, which ends everything that the command has started: when it is told to, and when
/// we are gone, however we ended.
///
/// Whatever the command leaves in the background becomes the supervisor's child (a *subreaper*, prctl(2)). A process group
/// would not do: it is lost with its leader, and a program can leave it. The supervisor leads a session without a terminal.
/// So no program stops because it reads the terminal from the background: it cannot open one.
package struct CommandSupervisor: ~Copyable {
  /// The hidden subcommand that runs this.
  package static let subcommand = "command-supervisor"

  private let socket: MessageSocket
  private let signals: Descriptor
  /// The shell, until it has ended.
  private var shell: pid_t?
  /// Whether everything was stopped because the owner is.
  private var isSuspended = false

  /// Runs a command that comes over a socket, and returns when nothing of it is left.
  ///
  /// - Parameter number: the descriptor of the socket, in digits.
  package static func run(socket number: String) {
    guard let number = Int32(number), number > STDERR_FILENO, fcntl(number, F_SETFD, FD_CLOEXEC) == 0 else { return }
    clinux_name_process("wasmprecompile-x")
    let socket = MessageSocket(Descriptor(owning: number))
    let wanted = [SIGCHLD, SIGTERM, SIGINT, SIGHUP, SIGQUIT]
    let signals = clinux_signal_descriptor(wanted, Int32(wanted.count))
    guard signals >= 0 else { return }
    let command = socket.receiveBytes(limit: SupervisorMessage.longestCommand).map { CChar(bitPattern: $0) } + [0]
    var supervisor = CommandSupervisor(socket: socket, signals: Descriptor(owning: signals), shell: nil)
    _ = clinux_adopt_orphans()
    supervisor.supervise(command)
  }

  private mutating func supervise(_ command: [CChar]) {
    do throws(SystemError) {
      var spawning = SpawnSettings()
      spawning.leadGroup()
      let arguments = ["/bin/sh", "-c"].map { Array($0.utf8CString) } + [command]
      shell = try spawning.spawn("/bin/sh", arguments, EnvironmentVariables(inheriting: nil).entries)
    } catch {
      return tell(.notStarted(error.errno))
    }
    while reap() {
      wait(milliseconds: -1, alsoForWords: true)
      while case let signal = clinux_next_signal(signals.raw), signal != 0 {
        if signal != SIGCHLD { return end(within: SupervisorMessage.usualGrace) }
      }
      if (try? socket.waitUntilReadable(milliseconds: 0)) == true {
        switch SupervisorMessage.order(socket.receiveBytes(limit: 64)) {
        case .end(let milliseconds): return end(within: milliseconds)
        case .suspend: suspend()
        case .resume:
          isSuspended = false
          Descendants.signal(SIGCONT)
        }
      }
    }
  }

  private mutating func suspend() {
    isSuspended = true
    // The second round reaches what the first one's were starting.
    for _ in 0..<2 { Descendants.signal(SIGSTOP) }
  }

  /// Ends all that is left: first as every program may expect, and after some time at once.
  private mutating func end(within milliseconds: Int) {
    Descendants.signal(SIGTERM)
    // What is stopped would not see the end.
    Descendants.signal(SIGCONT)
    func deadline(in milliseconds: Int) -> MonotonicInstant { .now().adding(seconds: Double(milliseconds) / 1000) }
    var last = deadline(in: milliseconds)
    var isHeard = true
    while reap() {
      let left = last.nanoseconds(since: .now()) / 1_000_000
      if left == 0 { break }
      wait(milliseconds: Int32(clamping: left) + 1, alsoForWords: isHeard)
      discardSignals()
      guard isHeard, (try? socket.waitUntilReadable(milliseconds: 0)) == true else { continue }
      // The owner ends, too, and does not wait for so long.
      let word = socket.receiveBytes(limit: 64)
      isHeard = !word.isEmpty
      if case .end(let milliseconds) = SupervisorMessage.order(word) { last = min(last, deadline(in: milliseconds)) }
    }
    // Orphans come here, and so each round reaches what the one before has not. Somebody else's processes stay.
    for _ in 0..<50 where reap() {
      Descendants.signal(SIGKILL)
      wait(milliseconds: 20, alsoForWords: false)
      discardSignals()
    }
  }

  /// Takes note of what became of children.
  ///
  /// - Returns: whether there are any left.
  private mutating func reap() -> Bool {
    while true {
      var status: Int32 = 0
      let id = waitpid(-1, &status, WNOHANG | WUNTRACED)
      if id == 0 { return true }
      if id < 0 { return errno == EINTR }
      let stopped = clinux_stopping_signal(status)
      guard id == shell else { continue }
      if stopped == 0 { shell = nil } else if isSuspended { continue }
      tell(stopped == 0 ? .ended(ExitReason(waitStatus: status)) : .stopped(signal: stopped))
    }
  }

  private func wait(milliseconds: Int32, alsoForWords: Bool) {
    var wanted = [pollfd(fd: signals.raw, events: Int16(POLLIN), revents: 0)]
    if alsoForWords { wanted.append(pollfd(fd: socket.raw, events: Int16(POLLIN), revents: 0)) }
    _ = poll(&wanted, nfds_t(wanted.count), milliseconds)
  }

  private func discardSignals() { while clinux_next_signal(signals.raw) != 0 {} }

  private func tell(_ event: CommandEvent) { try? socket.send(SupervisorMessage.encode(event)) }
}
