package import SystemPackage

/// What becomes of a shell command.
package enum CommandEvent: Hashable, Sendable {
  /// The shell has ended. What it has started may go on.
  case ended(ExitReason)
  /// The shell is stopped, and does not go on by itself.
  case stopped(signal: Int32)
  case notStarted(Errno)
}

/// The words between a supervisor and its owner: five bytes each, but for the command.
enum SupervisorMessage {
  /// Bytes; the kernel takes no longer argument either.
  static let longestCommand = 128 << 10
  /// Milliseconds that processes have to end. To stop is promised within a second.
  static let usualGrace = 300

  static func end(within milliseconds: Int) -> [UInt8] { word(0, Int32(clamping: milliseconds)) }

  static func grace(_ message: [UInt8]) -> Int { read(message).map { Int($0.value) } ?? usualGrace }

  static func encode(_ event: CommandEvent) -> [UInt8] {
    switch event {
    case .notStarted(let error): word(1, error.rawValue)
    case .stopped(let signal): word(2, signal)
    case .ended(.exited(let status)): word(3, status)
    case .ended(.signalled(let signal)): word(4, signal)
    }
  }

  static func decode(_ message: [UInt8]) -> CommandEvent? {
    guard let (kind, value) = read(message) else { return nil }
    return switch kind {
    case 1: .notStarted(Errno(rawValue: value))
    case 2: .stopped(signal: value)
    case 3: .ended(.exited(status: value))
    case 4: .ended(.signalled(value))
    default: nil
    }
  }

  private static func word(_ kind: UInt8, _ value: Int32) -> [UInt8] {
    [kind] + (0..<4).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) }
  }

  private static func read(_ message: [UInt8]) -> (kind: UInt8, value: Int32)? {
    guard message.count == 5 else { return nil }
    return (message[0], message[1...].reversed().reduce(0) { $0 << 8 | Int32($1) })
  }
}
