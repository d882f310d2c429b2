internal import Glibc

/// TCP at 127.0.0.1.
enum Sockets {
  /// - Returns: a socket that listens at a port that was free, and that port.
  static func listen() throws -> (socket: Int32, port: Int) {
    let socket = try make()
    var address = address(0)
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        bind(socket, address, size) == 0 ? getsockname(socket, address, &size) : -1
      }
    }
    guard result == 0, Glibc.listen(socket, 64) == 0 else { throw Failure(systemCall: "listen") }
    return (socket, Int(UInt16(bigEndian: address.sin_port)))
  }

  /// A port that is free at the moment.
  static func freePort() throws -> Int {
    let (socket, port) = try listen()
    close(socket)
    return port
  }

  /// - Returns: nil if nobody listens there.
  static func connect(to port: Int) throws -> Int32? {
    let socket = try make()
    var address = address(port)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(socket, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
      }
    }
    if result == 0 { return socket }
    close(socket)
    return nil
  }

  /// Has small pieces go out at once.
  static func hurry(_ socket: Int32) {
    var on: Int32 = 1
    setsockopt(socket, Int32(IPPROTO_TCP), TCP_NODELAY, &on, socklen_t(MemoryLayout<Int32>.size))
  }

  private static func make() throws -> Int32 {
    let socket = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    guard socket >= 0 else { throw Failure(systemCall: "socket") }
    return socket
  }

  private static func address(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }
}
