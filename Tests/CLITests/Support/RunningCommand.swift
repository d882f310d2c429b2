import Dispatch
import Foundation
import Glibc
import Synchronization
import TestSupport
import Testing

/// A started program. Its output goes to files, so that it never waits for anyone to read, and can be looked at while
/// it runs.
final class RunningCommand: Sendable {
  let id: pid_t
  private let output: Int32
  private let errors: Int32
  private let deadline: Double
  private let line: String
  private let location: SourceLocation

  private enum State {
    case running, overdue
    case ended(CommandResult)
  }
  private let state = Mutex(State.running)

  // glibc shows POSIX_SPAWN_SETSID to GNU sources only.
  private static let newSession: Int32 = 0x80

  init(_ command: Command, _ location: SourceLocation) throws {
    let output = try Self.temporaryFile()
    let errors = try Self.temporaryFile()
    let input = open("/dev/null", O_RDONLY | O_CLOEXEC)
    defer { close(input) }

    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (target, source) in [input, command.output ?? output, command.errors ?? errors].enumerated() {
      posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
    }

    var attributes = posix_spawnattr_t()
    posix_spawnattr_init(&attributes)
    defer { posix_spawnattr_destroy(&attributes) }
    posix_spawnattr_setflags(&attributes, Int16(Self.newSession | POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK))
    var signals = sigset_t()
    sigemptyset(&signals)
    posix_spawnattr_setsigmask(&attributes, &signals)
    for signal in [SIGINT, SIGTERM, SIGHUP, SIGPIPE] { sigaddset(&signals, signal) }
    posix_spawnattr_setsigdefault(&attributes, &signals)

    // env(1) changes the directory, which posix_spawn can only with GNU extensions, and becomes the program.
    let words = [Argument("env"), "--chdir=\(command.directory)", Argument(command.program)] + command.arguments
    var argv = words.map { word in
      (word.bytes + [0]).withUnsafeBytes { strdup($0.bindMemory(to: CChar.self).baseAddress!) }
    }
    argv.append(nil)
    var envp = command.environment.map { strdup("\($0)=\($1)") } + [nil]
    defer { for text in argv + envp { free(text) } }
    var id: pid_t = 0
    let failure = posix_spawnp(&id, "env", &actions, &attributes, &argv, &envp)
    guard failure == 0 else { throw POSIXError(POSIXErrorCode(rawValue: failure) ?? .EINVAL) }
    if let mark = command.environment[Sandbox.markName] { Processes.remember(session: id, of: mark) }
    self.id = id
    self.output = output
    self.errors = errors
    self.location = location
    deadline = command.deadline * Double(Sanitizer.slowdown)
    line = words.dropFirst(2).map(\.text).joined(separator: " ")
  }

  deinit {
    if case .running = state.withLock({ $0 }) { _ = wait(killing: true) }
    close(output)
    close(errors)
  }

  private static func temporaryFile() throws -> Int32 {
    let path = TemporaryRoot.path + "/" + UUID().uuidString
    let file = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_APPEND, 0o600)
    guard file >= 0 else { throw POSIXError(POSIXErrorCode(rawValue: errno) ?? .EIO) }
    unlink(path)
    return file
  }

  /// What it has written to standard output so far.
  var outputSoFar: String { Self.contents(output) }

  /// What it has written to standard error so far.
  var errorsSoFar: String { Self.contents(errors) }

  private static func contents(_ file: Int32) -> String {
    var bytes: [UInt8] = []
    var block = [UInt8](repeating: 0, count: 1 << 16)
    while true {
      let count = pread(file, &block, block.count, off_t(bytes.count))
      guard count > 0 else { return String(decoding: bytes, as: UTF8.self) }
      bytes += block[..<count]
    }
  }

  func send(_ signal: Int32) {
    state.withLock { if case .running = $0 { kill(id, signal) } }
  }

  /// As the terminal does for Ctrl-C: to the program and to its children.
  func sendToAll(_ signal: Int32) {
    state.withLock { if case .running = $0 { kill(-id, signal) } }
  }

  func wait() -> CommandResult { wait(killing: false) }

  private func wait(killing: Bool) -> CommandResult {
    if case .ended(let result) = state.withLock({ $0 }) { return result }
    if killing { sendToAll(SIGKILL) }
    let id = id
    let watchdog = DispatchWorkItem { [weak self] in
      self?.state.withLock {
        guard case .running = $0 else { return }
        $0 = .overdue
        kill(-id, SIGKILL)
      }
    }
    DispatchQueue.global().asyncAfter(deadline: .now() + deadline, execute: watchdog)
    // Without reaping, so that the watchdog never kills a stranger that was given the same id.
    var information = siginfo_t()
    while waitid(P_PID, id_t(id), &information, WEXITED | WNOWAIT) != 0 && errno == EINTR {}
    watchdog.cancel()
    return state.withLock { state in
      if case .overdue = state {
        Issue.record("still ran after \(deadline) s: \(line)\n\(errorsSoFar)", sourceLocation: location)
      }
      var status: Int32 = 0
      while waitpid(id, &status, 0) < 0 && errno == EINTR {}
      let signal = status & 0x7f
      let result = CommandResult(
        ending: signal == 0 ? .exited(status >> 8 & 0xff) : .signalled(signal), output: Self.contents(output),
        errors: Self.contents(errors))
      state = .ended(result)
      return result
    }
  }
}
