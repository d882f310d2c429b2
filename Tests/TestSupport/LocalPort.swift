internal import Glibc
package import LinuxIO

/// Ports of this machine's own address.
package enum LocalPort {
  /// A socket that is not connected.
  package static func makeSocket() throws -> Descriptor {
    let raw = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
    return Descriptor(owning: try check("socket", raw))
  }

  /// Gives a socket some port that is free.
  package static func bind(_ socket: borrowing Descriptor) throws -> Int {
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    var address = address(0)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        Glibc.bind(socket.raw, address, size) == 0 ? getsockname(socket.raw, address, &size) : -1
      }
    }
    try check("bind", result)
    return Int(UInt16(bigEndian: address.sin_port))
  }

  /// A port that is free at the moment.
  package static func free() throws -> Int { try bind(makeSocket()) }

  /// Connects a socket to a port.
  ///
  /// - Returns: false if nobody listens there.
  package static func connect(_ socket: borrowing Descriptor, to port: Int) -> Bool {
    var address = address(port)
    return withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        Glibc.connect(socket.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }

  /// Whether somebody listens there.
  package static func isOpen(_ port: Int) -> Bool { (try? connect(makeSocket(), to: port)) ?? false }

  private static func address(_ port: Int) -> sockaddr_in {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return address
  }
}
