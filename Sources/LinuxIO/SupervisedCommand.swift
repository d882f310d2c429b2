internal import Glibc
internal import SystemPackage

/// A shell command that runs under a ``CommandSupervisor``, with everything that it starts.
package final class SupervisedCommand: Sendable {
  private let supervisor: ChildProcess
  private let socket: MessageSocket

  /// Starts a command as a process group of its own, with the signal state of a fresh login and without a terminal.
  ///
  /// It reads nothing. Its output goes where ours goes, and it inherits what is not close-on-exec.
  ///
  /// - Parameters:
  ///   - sparesOutput: whether its output goes to standard error, because ours is for programs.
  ///   - program: a program that runs ``CommandSupervisor`` for the subcommand of that name; this one by default.
  package init(
    _ command: String, environment: EnvironmentVariables, sparesOutput: Bool = false, program: String = "/proc/self/exe"
  ) throws(SystemError) {
    let pair = try MessageSocket.pair()
    let number = pair.given.raw
    supervisor = try ChildProcess(
      executable: program, arguments: ["wasmprecompile", CommandSupervisor.subcommand, "\(number)"],
      environment: environment, keeping: number, sparesOutput: sparesOutput)
    socket = pair.keep()
    let bytes = Array(command.utf8)
    guard bytes.count <= SupervisorMessage.longestCommand else { throw SystemError("sendmsg", Errno(rawValue: E2BIG)) }
    try socket.send(bytes)
  }

  /// Waits for something to happen; nil when nothing of the command is left.
  package func next() -> CommandEvent? {
    // A supervisor that was killed has closed its end, too.
    while true {
      let message = socket.receiveBytes(limit: 64)
      if message.isEmpty { return nil }
      if let event = SupervisorMessage.decode(message) { return event }
    }
  }

  /// How the supervisor ended, after ``next()`` returned nil.
  package func wait() -> ExitReason? { supervisor.wait() }

  /// Ends the command and everything that it has started; what has not ended after so long is killed.
  package func end(within milliseconds: Int = SupervisedCommand.usualGrace) {
    try? socket.send(SupervisorMessage.encode(.end(within: milliseconds)))
  }

  /// Stops the command and everything that it has started, until ``resume()``.
  package func suspend() { try? socket.send(SupervisorMessage.encode(.suspend)) }

  package func resume() { try? socket.send(SupervisorMessage.encode(.resume)) }

  package static let usualGrace = SupervisorMessage.usualGrace
}
