internal import GRPCCore
internal import RemoteProtocol

extension RPCError {
  /// Whether the call may succeed when it is made again: something on the way has dropped it, or the server is busy.
  var isWorthAnotherTry: Bool {
    switch code {
    case .unavailable, .aborted, .resourceExhausted: true
    // So does a proxy end a call that it has no connection for; the library says so of a stream that was reset.
    case .cancelled, .internalError, .unknown: message.isEmpty || cause != nil || Self.isDropped(message)
    default: false
    }
  }

  private static func isDropped(_ message: String) -> Bool {
    ["stream", "connection", "closed", "reset", "transport"].contains { message.lowercased().contains($0) }
  }

  /// What the library puts before the reason, about itself.
  private static let transientFailure = "Channel is in a transient failure state and 'wait for ready' isn't enabled. "

  /// - Parameter method: which call failed, for people.
  func trouble(_ method: String) -> RemoteTrouble {
    let words = message.replacing(Self.transientFailure, with: "")
    let said = words.isEmpty ? "\(code)" : "\(code): \(words)"
    let line = said.split(whereSeparator: \.isNewline).joined(separator: " ").prefix(400)
    // The tool's messages have none, and the advice may follow.
    let reason = "\(method): " + (line.hasSuffix(".") ? line.dropLast() : line)
    switch code {
    case .unavailable: return RemoteTrouble(.unreachable, reason)
    case .deadlineExceeded: return RemoteTrouble(.silent, reason)
    case .unauthenticated, .permissionDenied: return RemoteTrouble(.denied, reason)
    case .resourceExhausted: return RemoteTrouble(.full, reason)
    case .dataLoss: return RemoteTrouble(.wrongBytes, reason)
    case .outOfRange: return RemoteTrouble(.tooLarge, reason)
    default: return RemoteTrouble(.unsuitable, reason)
    }
  }
}
