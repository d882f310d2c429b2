import LinuxIO
import RemoteProtocol
import Synchronization
import TestSupport
import Testing

@testable import RemoteClient

/// Real servers that die, fall silent or trickle while something large is on its way.
@Suite(
  .needs(
    RealServers.isThere(RealServers.casd) && RealServers.isThere(RealServers.nginx),
    "nginx and buildbox-casd: make setup-tests"))
struct BadLineTests {
  private let directory: TemporaryDirectory
  private let bytes = sampleBytes(20_000_000)

  init() throws { directory = try TemporaryDirectory() }

  static let schemes = ["grpc", "http"]

  /// A server, and a relay before it that does as it is told from the moment at which it is told to.
  private final class Line: Sendable {
    let server: RealServer
    private let isBad = Atomic(false)
    private let relay: Mutex<Relay?> = Mutex(nil)

    init(
      _ scheme: String, in directory: TemporaryDirectory,
      _ decide: @escaping @Sendable (RealServer, Relay.Direction, _ total: Int) -> Relay.Step
    ) throws {
      server =
        scheme == "grpc" ? try RealServers.startCasd(in: directory) : try RealServers.startNginx(in: directory)
      let start = Mutex<[Relay.Direction: Int]>([:])
      let made = try Relay(to: server.port) { [weak self] direction, total in
        guard let self, isBad.load(ordering: .relaxed) else { return .pass }
        let first = start.withLock { start in
          let first = start[direction] ?? total
          start[direction] = first
          return first
        }
        return decide(server, direction, total - first)
      }
      relay.withLock { $0 = made }
    }

    func turnBad() { isBad.store(true, ordering: .relaxed) }

    var port: Int { relay.withLock { $0?.port ?? 0 } }

    func end() { relay.withLock { $0?.end() } }
  }

  private func open(
    _ scheme: String, _ decide: @escaping @Sendable (RealServer, Relay.Direction, _ total: Int) -> Relay.Step
  ) async throws -> (Line, HelperProcess) {
    let line = try await offPool { [directory] in try Line(scheme, in: directory, decide) }
    var settings = testSettings("\(scheme)://127.0.0.1:\(line.port)")
    settings.patience = 1_000
    return (line, try await HelperProcess.opened(settings))
  }

  @Test(arguments: schemes) func aServerThatIsKilledDuringADownloadIsRefused(_ scheme: String) async throws {
    let (line, helper) = try await open(scheme) { server, direction, total in
      if direction == .toServer || total < 4_000_000 { return .pass }
      server.kill()
      return .cut
    }
    #expect(try await helper.store("key", bytes) == .stored(number: 1, sent: bytes.count))
    line.turnBad()
    let (reply, file) = try await helper.fetch("key")
    guard case .refused(let trouble) = reply else { throw HelperProcess.NoReply(reply: reply) }
    #expect(trouble.kind == .unreachable && file == nil, "\(trouble)")
    line.end()
  }

  @Test(arguments: schemes) func aServerThatIsKilledDuringAnUploadIsRefused(_ scheme: String) async throws {
    let (line, helper) = try await open(scheme) { server, direction, total in
      if direction == .toClient || total < 4_000_000 { return .pass }
      server.kill()
      return .cut
    }
    line.turnBad()
    let reply = try await helper.store("key", bytes)
    guard case .refused(let trouble) = reply else { throw HelperProcess.NoReply(reply: reply) }
    #expect(trouble.kind == .unreachable, "\(trouble)")
    line.end()
  }

  private static let silence = RemoteTrouble(.silent, "the server did not answer within 1 s")

  @Test(arguments: schemes) func silenceDuringADownloadIsNotWaitedFor(_ scheme: String) async throws {
    let (line, helper) = try await open(scheme) { _, direction, total in
      direction == .toServer || total < 1_000_000 ? .pass : .hold
    }
    #expect(try await helper.store("key", bytes) == .stored(number: 1, sent: bytes.count))
    line.turnBad()
    let reply = try await helper.fetch("key").0
    #expect(reply == .refused(Self.silence))
    line.end()
  }

  @Test(arguments: schemes) func silenceDuringAnUploadIsNotWaitedFor(_ scheme: String) async throws {
    let (line, helper) = try await open(scheme) { _, direction, total in
      direction == .toClient || total < 1_000_000 ? .pass : .hold
    }
    line.turnBad()
    let reply = try await helper.store("key", bytes)
    // It may have said something about the beginning, so that a question beside that has waited longer than the server was silent.
    let slow = RemoteTrouble(.silent, "the server sends too slowly: what was asked for is not there after 1 s")
    #expect(reply == .refused(Self.silence) || reply == .failed(number: 1, slow))
    line.end()
  }

  @Test(arguments: schemes) func aServerThatTricklesIsNotWaitedFor(_ scheme: String) async throws {
    let (line, helper) = try await open(scheme) { _, direction, _ in direction == .toServer ? .pass : .trickle }
    #expect(try await helper.store("key", sampleBytes(1000)) == .stored(number: 1, sent: 1000))
    line.turnBad()
    let reply = try await helper.fetch("key").0
    guard case .failed(2, let trouble) = reply else { throw HelperProcess.NoReply(reply: reply) }
    #expect(trouble.kind == .silent)
    #expect(trouble.reason.hasPrefix("the server sends too slowly: what was asked for is not there after "))
    line.end()
  }
}
