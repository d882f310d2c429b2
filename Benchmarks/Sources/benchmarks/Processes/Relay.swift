internal import Glibc

/// Passes on what clients and a server say, each piece some time after it came, however many are on their way: a line that is long
/// but not narrow. It also counts what passes.
///
/// Unlike the kernel's netem, it needs neither root nor a module that many kernels lack. Connecting takes no time, and TCP, which
/// knows nothing of the delay, does not start slowly; what HTTP/2 and its windows wait for passes here.
struct Relay {
  let port: Int
  private let listener: Int32
  private let server: Int
  private let delay: Int
  private var connections: [Connection] = []

  /// More than this is not on its way in one direction, so that memory does not grow.
  private static let mostOnTheWay = 64 << 20

  private struct Connection {
    let client: Int32
    let server: Int32
    var toServer = Direction()
    var toClient = Direction()
    var counter = CallCounter()
    var bytes = (toServer: 0, toClient: 0)
  }

  private struct Direction {
    var pieces: [(due: Int, bytes: ArraySlice<UInt8>)] = []
    var size = 0
    /// Nothing more comes.
    var hasEnded = false

    var isOver: Bool { hasEnded && pieces.isEmpty }
    var due: Int? { pieces.first?.due }
  }

  init(to server: Int, oneWayNanoseconds delay: Int) throws {
    (listener, port) = try Sockets.listen()
    self.server = server
    self.delay = delay
  }

  /// Never returns, but throws.
  mutating func serve() throws {
    var buffer = [UInt8](repeating: 0, count: 1 << 18)
    while true {
      try waitForSomething()
      accept()
      for index in connections.indices {
        take(index, \.toServer, from: connections[index].client, &buffer)
        take(index, \.toClient, from: connections[index].server, &buffer)
        Self.pass(&connections[index].toServer, to: connections[index].server)
        Self.pass(&connections[index].toClient, to: connections[index].client)
      }
      closeWhatIsOver()
    }
  }

  private func waitForSomething() throws {
    var requests = [pollfd(fd: listener, events: Int16(POLLIN), revents: 0)]
    var due: Int?
    let now = Clock.wall
    for connection in connections {
      for (direction, source, target) in [
        (connection.toServer, connection.client, connection.server),
        (connection.toClient, connection.server, connection.client),
      ] {
        if !direction.hasEnded && direction.size < Self.mostOnTheWay {
          requests.append(pollfd(fd: source, events: Int16(POLLIN), revents: 0))
        }
        guard let next = direction.due else { continue }
        if next <= now {
          requests.append(pollfd(fd: target, events: Int16(POLLOUT), revents: 0))
        } else {
          due = min(due ?? next, next)
        }
      }
    }
    let left = max(0, (due ?? now + 1_000_000_000) - now)
    let ready = poll(&requests, nfds_t(requests.count), Int32(left / 1_000_000))
    guard ready >= 0 || errno == EINTR else { throw Failure(systemCall: "poll") }
    // poll counts milliseconds, of which some have only a few.
    if ready == 0, due != nil, left < 1_000_000 { usleep(UInt32(min(left / 1000, 100))) }
  }

  private mutating func accept() {
    var request = pollfd(fd: listener, events: Int16(POLLIN), revents: 0)
    guard poll(&request, 1, 0) == 1 else { return }
    let client = Glibc.accept(listener, nil, nil)
    guard client >= 0 else { return }
    guard let socket = try? Sockets.connect(to: server) else {
      close(client)
      return
    }
    for socket in [client, socket] {
      Sockets.hurry(socket)
      _ = fcntl(socket, F_SETFD, FD_CLOEXEC)
      _ = fcntl(socket, F_SETFL, O_NONBLOCK)
    }
    connections.append(Connection(client: client, server: socket))
  }

  private mutating func take(
    _ index: Int, _ direction: WritableKeyPath<Connection, Direction>, from source: Int32, _ buffer: inout [UInt8]
  ) {
    while !connections[index][keyPath: direction].hasEnded,
      connections[index][keyPath: direction].size < Self.mostOnTheWay
    {
      let count = read(source, &buffer, buffer.count)
      if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
      guard count > 0 else {
        connections[index][keyPath: direction].hasEnded = true
        return
      }
      let bytes = Array(buffer[..<count])[...]
      connections[index][keyPath: direction].pieces.append((Clock.wall + delay, bytes))
      connections[index][keyPath: direction].size += count
      if direction == \.toServer {
        connections[index].counter.read(bytes)
        connections[index].bytes.toServer += count
      } else {
        connections[index].bytes.toClient += count
      }
    }
  }

  private static func pass(_ direction: inout Direction, to target: Int32) {
    while let (due, bytes) = direction.pieces.first, due <= Clock.wall {
      let count = bytes.withUnsafeBytes { send(target, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
      if count < 0 && (errno == EAGAIN || errno == EINTR) { return }
      guard count >= 0 else {
        // Whoever has gone wants nothing more.
        direction = Direction(hasEnded: true)
        return
      }
      direction.size -= count
      if count == bytes.count {
        direction.pieces.removeFirst()
      } else {
        direction.pieces[0].bytes = bytes.dropFirst(count)
      }
    }
  }

  /// Tells what went over each connection when it ends.
  private mutating func closeWhatIsOver() {
    connections.removeAll { connection in
      guard connection.toServer.isOver || connection.toClient.isOver else { return false }
      close(connection.client)
      close(connection.server)
      let (out, back) = connection.bytes
      if out + back > 0 { Progress.say("relayed \(connection.counter.calls) \(out) \(back)") }
      return true
    }
  }
}
