import Glibc
import LinuxIO

/// Ports of this machine's own address.
enum LocalPort {
  /// Gives a socket some port that is free.
  static func bind(_ socket: borrowing Descriptor) throws -> Int {
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { address in
        Glibc.bind(socket.raw, address, size) == 0 ? getsockname(socket.raw, address, &size) : -1
      }
    }
    try check("bind", result)
    return Int(UInt16(bigEndian: address.sin_port))
  }

  /// A port that is free at the moment.
  static func free() throws -> Int {
    let socket = Descriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    return try bind(socket)
  }

  /// Whether somebody listens there.
  static func isOpen(_ port: Int) -> Bool {
    let socket = Descriptor(owning: socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = UInt16(port).bigEndian
    address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
    return withUnsafePointer(to: address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
        connect(socket.raw, $0, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
      }
    }
  }
}
