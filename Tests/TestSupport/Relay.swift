internal import Dispatch
internal import Glibc
internal import LinuxIO
internal import Synchronization

/// Stands between a client and a server on this machine, and does what a bad line or a bad server does.
package final class Relay: Sendable {
  package enum Direction: Hashable, Sendable { case toServer, toClient }

  /// What becomes of bytes that have come.
  package enum Step: Hashable, Sendable {
    case pass
    /// They, and all that follow them in this direction, stay here. The connection stays open.
    case hold
    /// They go on a byte at a time, with pauses.
    case trickle
    /// The connection is closed.
    case cut
  }

  package let port: Int
  private let listener: Listener
  private let server: Int
  private let traffic: Traffic
  /// Sockets that are open, to be shut down at the end.
  private let open = Mutex<(Set<Int32>, hasEnded: Bool)>(([], false))

  /// - Parameters:
  ///   - server: its port.
  ///   - decide: asked for each piece of some bytes, with how many have come that way, over whichever connection, this piece
  ///     included. It is called on threads of the relay's.
  package init(to server: Int, _ decide: @escaping @Sendable (Direction, _ total: Int) -> Step) throws {
    let socket = try LocalPort.makeSocket()
    port = try LocalPort.bind(socket)
    try check("listen", listen(socket.raw, 64))
    listener = Listener(socket)
    self.server = server
    traffic = Traffic(decide)
    DispatchQueue(label: "relay").async { [listener, weak self] in
      // It ends when the listener is shut down.
      while case let raw = accept(listener.socket.raw, nil, nil), raw >= 0 {
        _ = fcntl(raw, F_SETFD, FD_CLOEXEC)
        let client = Descriptor(owning: raw)
        self?.serve(client)
      }
    }
  }

  deinit {
    end()
    shutdown(listener.socket.raw, Int32(SHUT_RDWR))
  }

  /// Stays open for as long as its thread uses it.
  private final class Listener: Sendable {
    let socket: Descriptor
    init(_ socket: consuming Descriptor) { self.socket = socket }
  }

  /// Closes all connections.
  package func end() {
    let sockets = open.withLock { open in
      open.hasEnded = true
      return open.0
    }
    for socket in sockets { shutdown(socket, Int32(SHUT_RDWR)) }
  }

  private func serve(_ client: consuming Descriptor) {
    guard let upstream = try? LocalPort.makeSocket(), LocalPort.connect(upstream, to: server) else { return }
    let pair = Pair(client, upstream)
    let isOver = open.withLock { open in
      if !open.hasEnded { open.0.formUnion(pair.raw) }
      return open.hasEnded
    }
    if isOver { return }
    let group = DispatchGroup()
    for direction in [Direction.toServer, .toClient] {
      DispatchQueue(label: "relay \(direction)").async(group: group) { [traffic] in
        pair.copy(direction) { traffic.step(direction, $0) }
      }
    }
    group.notify(queue: DispatchQueue(label: "relay end")) { [weak self] in
      // Before the numbers are used for other files.
      self?.open.withLock { $0.0.subtract(pair.raw) }
      withExtendedLifetime(pair) {}
    }
  }

  /// What has come, over all connections, and what is done with what comes.
  private final class Traffic: Sendable {
    private let decide: @Sendable (Direction, _ total: Int) -> Step
    private let totals = Mutex<[Direction: Int]>([:])

    init(_ decide: @escaping @Sendable (Direction, _ total: Int) -> Step) { self.decide = decide }

    func step(_ direction: Direction, _ count: Int) -> Step {
      let total = totals.withLock { totals in
        totals[direction, default: 0] += count
        return totals[direction] ?? 0
      }
      return decide(direction, total)
    }
  }

  /// The two ends of one connection.
  private final class Pair: Sendable {
    private let client: Descriptor
    private let server: Descriptor

    init(_ client: consuming Descriptor, _ server: consuming Descriptor) {
      self.client = client
      self.server = server
    }

    var raw: [Int32] { [client.raw, server.raw] }

    private static let pause: UInt32 = 20_000

    /// Returns when nothing more comes, or may go.
    func copy(_ direction: Direction, _ step: (_ count: Int) -> Step) {
      let (from, to) = direction == .toServer ? (client.raw, server.raw) : (server.raw, client.raw)
      var block = [UInt8](repeating: 0, count: 1 << 14)
      var isHeld = false
      while case let count = recv(from, &block, block.count, 0), count > 0 {
        if isHeld { continue }
        switch step(count) {
        case .pass:
          if !send(block[..<count], to) { return close() }
        case .hold: isHeld = true
        case .trickle:
          for byte in block[..<count] {
            if !send([byte], to) { return close() }
            usleep(Self.pause)
          }
        case .cut: return close()
        }
      }
      if !isHeld { shutdown(to, Int32(SHUT_WR)) }
    }

    private func send(_ bytes: ArraySlice<UInt8>, _ socket: Int32) -> Bool {
      var rest = bytes
      while !rest.isEmpty {
        let count = rest.withUnsafeBytes { Glibc.send(socket, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        if count < 0 { return false }
        rest = rest.dropFirst(count)
      }
      return true
    }

    private func close() { for socket in raw { shutdown(socket, Int32(SHUT_RDWR)) } }
  }
}
