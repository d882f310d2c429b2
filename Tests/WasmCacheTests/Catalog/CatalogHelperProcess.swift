import Glibc
import LinuxIO
import SystemPackage

/// `CatalogTestHelper` running beside the test; killed with it.
final class CatalogHelperProcess {
  let process: ChildProcess
  private let socket: Descriptor

  convenience init(_ arguments: String...) throws { try self.init(arguments) }

  init(_ arguments: [String]) throws {
    var ends: [Int32] = [0, 0]
    try check("socketpair", socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0, &ends))
    socket = Descriptor(owning: ends[0])
    let childEnd = Descriptor(owning: ends[1])
    let helper = try Self.path
    process = try ChildProcess(
      executable: helper, arguments: [helper] + arguments, environment: [],
      descriptors: [childEnd.raw, childEnd.raw, 2])
  }

  /// The helper is built next to the test bundle.
  static var path: String {
    get throws {
      let own = try Descriptor.open("/proc/self", O_RDONLY | O_DIRECTORY).symbolicLinkTarget("exe", limit: 4096)
      return FilePath(String(decoding: own, as: UTF8.self)).removingLastComponent().appending("CatalogTestHelper")
        .string
    }
  }

  /// The next line that the helper says; what it had said when it ended, at its end.
  func line() -> String {
    var line: [UInt8] = []
    var byte: UInt8 = 0
    while Glibc.read(socket.raw, &byte, 1) == 1 && byte != 0x0a { line.append(byte) }
    return String(decoding: line, as: UTF8.self)
  }
}
