internal import Glibc

/// Tells the service manager how the service is doing, as sd_notify(3) describes; does nothing without one.
package struct SystemdNotifier: Sendable {
  package enum Message: Hashable, Sendable {
    case ready
    case stopping
    case status(String)
    /// Begins anew the time within which the service has to be ready.
    case extendTimeout(seconds: Int)

    fileprivate var line: String {
      switch self {
      case .ready: "READY=1"
      case .stopping: "STOPPING=1"
      case .extendTimeout(let seconds): "EXTEND_TIMEOUT_USEC=\(seconds * 1_000_000)"
      // A line break would begin another assignment.
      case .status(let text): "STATUS=\(text.split(whereSeparator: \.isNewline).joined(separator: " "))"
      }
    }
  }

  private let socketName: String?

  /// The manager that started this process, if one did.
  package init() {
    self.init(socketName: getenv("NOTIFY_SOCKET").map { String(cString: $0) })
  }

  /// - Parameter socketName: a path, or with a leading `@` a name in the abstract space.
  package init(socketName: String?) {
    let isAddress = socketName.map { ($0.hasPrefix("/") || $0.hasPrefix("@")) && $0.utf8.count > 1 } ?? false
    self.socketName = isAddress ? socketName : nil
  }

  /// Whether anybody hears what is sent.
  var isHeard: Bool { socketName != nil }

  /// Sends all messages as one datagram. A manager that does not listen is no reason to fail.
  package func send(_ messages: Message...) {
    guard let socketName else { return }
    let text = messages.map(\.line).joined(separator: "\n")
    let descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard descriptor >= 0 else { return }
    defer { close(descriptor) }
    var address = sockaddr_un()
    address.sun_family = sa_family_t(AF_UNIX)
    let name = socketName.hasPrefix("@") ? [0] + Array(socketName.utf8.dropFirst()) : Array(socketName.utf8)
    let fits = withUnsafeMutableBytes(of: &address.sun_path) { path in
      guard name.count < path.count else { return false }
      path.copyBytes(from: name)
      return true
    }
    guard fits, let start = MemoryLayout<sockaddr_un>.offset(of: \.sun_path) else { return }
    withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        _ = sendto(
          descriptor, text, text.utf8.count, Int32(MSG_NOSIGNAL), address, socklen_t(start + name.count))
      }
    }
  }
}
