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

  /// What the owner wants.
  enum Order: Hashable {
    /// Milliseconds that are left to end.
    case end(within: Int)
    case suspend, resume
  }

  static func encode(_ order: Order) -> [UInt8] {
    switch order {
    case .end(let milliseconds): word(0, Int32(clamping: milliseconds))
    case .suspend: word(5, 0)
    case .resume: word(6, 0)
    }
  }

  /// An empty message says that nobody is at the other end.
  static func order(_ message: [UInt8]) -> Order {
    switch read(message) {
    case (5, _)?: .suspend
    case (6, _)?: .resume
    case (_, let value)?: .end(within: Int(value))
    case nil: .end(within: usualGrace)
    }
  }

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
