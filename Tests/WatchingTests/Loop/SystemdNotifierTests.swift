import Glibc
import SystemPackage
import Testing

@testable import Watching

@Suite struct SystemdNotifierTests {
  /// A datagram socket that listens as systemd does.
  private struct Manager: ~Copyable {
    let descriptor: Int32

    init(name: [UInt8]) throws {
      descriptor = socket(AF_UNIX, Int32(SOCK_DGRAM.rawValue), 0)
      var address = sockaddr_un()
      address.sun_family = sa_family_t(AF_UNIX)
      withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: name) }
      let length = socklen_t(2 + name.count)
      let descriptor = descriptor
      try withUnsafePointer(to: &address) { pointer in
        try pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { try Shell.check(bind(descriptor, $0, length)) }
      }
    }

    deinit { close(descriptor) }

    func receive() -> String {
      withUnsafeTemporaryAllocation(byteCount: 1024, alignment: 1) { buffer in
        let length = recv(descriptor, buffer.baseAddress, buffer.count, 0)
        return String(decoding: buffer.prefix(max(0, length)), as: UTF8.self)
      }
    }
  }

  @Test func path() throws {
    let scratch = try Scratch()
    let name = scratch.path.appending("notify").string
    let manager = try Manager(name: Array(name.utf8))
    let notifier = SystemdNotifier(socketName: name)
    notifier.send(.ready, .status("watching 3 modules"))
    notifier.send(.extendTimeout(seconds: 60), .status("busy"))
    notifier.send(.stopping)
    #expect(manager.receive() == "READY=1\nSTATUS=watching 3 modules")
    #expect(manager.receive() == "EXTEND_TIMEOUT_USEC=60000000\nSTATUS=busy")
    #expect(manager.receive() == "STOPPING=1")
  }

  @Test func abstractName() throws {
    let name = "watching-tests-\(getpid())"
    let manager = try Manager(name: [0] + Array(name.utf8))
    SystemdNotifier(socketName: "@" + name).send(.status("two\nlines"))
    #expect(manager.receive() == "STATUS=two lines")
  }

  @Test(arguments: [nil, "", "@", "relative", "/nowhere/socket", "/" + String(repeating: "x", count: 200)])
  func withoutAManagerNothingHappens(name: String?) {
    SystemdNotifier(socketName: name).send(.ready)
  }
}
