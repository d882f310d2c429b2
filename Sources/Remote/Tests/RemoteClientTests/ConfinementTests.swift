import CLinux
import GRPCCore
import LinuxIO
import RemoteProtocol
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import RemoteClient

/// What the helper cannot do any more when it speaks to a server.
@Suite struct ConfinementTests {
  private let server = FakeServer()
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  @Test func itGainsNoPrivilegesAndMakesFewSystemCalls() async throws {
    let helper = try await HelperProcess.opened(testSettings(server.start()))
    #expect(try helper.status("NoNewPrivs", "Seccomp") == ["1", "2"])
  }

  /// A file that takes the token's place is another one, which it may not open.
  @Test(.needs(clinux_landlock_version() > 0, "Landlock"))
  func aReplacedTokenMakesItMakeWay() async throws {
    var settings = testSettings(try await server.start())
    settings.token = try directory.write("first\n", to: "token").string
    let helper = try await HelperProcess.opened(settings)
    try directory.write("second\n", to: "new")
    _ = try Tool.shell("mv \"$1\" \"$2\"", [directory("new").string, settings.token])
    // It looks at the file when something is asked, at most once a second, and goes when nothing is asked for a second.
    try await offPool {
      repeat {
        try helper.send(.fetch(number: 1, RemoteKey(text: "key"), largest: 1))
        #expect(try helper.receive().0 == .missing(number: 1))
      } while try !helper.socket.waitUntilReadable(milliseconds: 2_000)
      #expect(try helper.isClosed() && helper.process.wait() == .exited(status: 0))
    }
    let header = server.state.withLock {
      $0.headers["GetActionResult"]?[stringValues: "authorization"].first { _ in true }
    }
    #expect(header == "Bearer first")
    let next = try await HelperProcess.opened(settings)
    _ = try await next.fetch("key")
    let now = server.state.withLock {
      $0.headers["GetActionResult"]?[stringValues: "authorization"].first { _ in true }
    }
    #expect(now == "Bearer second")
  }

  @Test func aTokenThatIsWrittenAnewIsReadAgain() async throws {
    var settings = testSettings(try await server.start())
    settings.token = try directory.write("first\n", to: "token").string
    let helper = try await HelperProcess.opened(settings)
    _ = try Tool.shell("echo second > \"$1\"", [settings.token])
    func token() -> String? {
      server.state.withLock { $0.headers["GetActionResult"]?[stringValues: "authorization"].first { _ in true } }
    }
    while token() != "Bearer second" { #expect(try await helper.fetch("key").0 == .missing(number: 2)) }
  }
}
