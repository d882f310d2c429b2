import GRPCCore
import Glibc
import LinuxIO
import RemoteProtocol
import Synchronization
import Testing

@testable import RemoteClient

/// What a server does wrong, and what the tool gets to know of it.
@Suite struct FaultTests {
  private let server = FakeServer()
  private let bytes = sampleBytes(10_000)

  private func opened(_ change: (inout RemoteSettings) -> Void = { _ in }) async throws -> HelperProcess {
    var settings = testSettings(try await server.start())
    change(&settings)
    return try await .opened(settings)
  }

  @Test(arguments: [10_000, 6 << 20]) func wrongBytesAreNotPassedOn(_ size: Int) async throws {
    let helper = try await opened()
    let bytes = sampleBytes(size)
    _ = try await helper.store("key", bytes)
    server.inject { $0.changesBytes = true }
    var changed = bytes
    changed[0] ^= 1
    let (found, wanted) = (BlobDigest(of: changed).hash, BlobDigest(of: bytes).hash)
    let trouble = RemoteTrouble(.wrongBytes, "the server sent bytes with the SHA-256 \(found) instead of \(wanted)")
    let (reply, file) = try await helper.fetch("key")
    #expect(reply == .failed(number: 2, trouble) && file == nil)
    // The server can be asked for other things.
    #expect(try await helper.fetch("other").0 == .missing(number: 2))
  }

  @Test(arguments: [10_000, 6 << 20]) func aBlobThatIsLostIsMissing(_ size: Int) async throws {
    let helper = try await opened()
    _ = try await helper.store("key", sampleBytes(size))
    server.inject { $0.losesBlobs = true }
    #expect(try await helper.fetch("key").0 == .missing(number: 2))
  }

  @Test func moreThanIsWantedIsNotFetched() async throws {
    let helper = try await opened()
    _ = try await helper.store("key", bytes)
    #expect(
      try await helper.fetch("key", largest: 9_999).0
        == .failed(
          number: 2, RemoteTrouble(.tooLarge, "the artifact has 10000 bytes, more than the 9999 that are wanted")))
    #expect(server.calls("BatchReadBlobs") == 0)
  }

  @Test func whatIsNoArtifactIsRefused() async throws {
    let helper = try await opened()
    _ = try await helper.store("key", bytes)
    server.state.withLock { state in
      for key in state.results.keys { state.results[key]?.outputFiles[0].path = "bin/sh" }
    }
    #expect(
      try await helper.fetch("key").0
        == .failed(number: 2, RemoteTrouble(.wrongBytes, "what is stored under the key describes no artifact")))
  }

  @Test func aFullServerFailsWhatIsStored() async throws {
    server.inject { $0.failing["BatchUpdateBlobs"] = RPCError(code: .resourceExhausted, message: "no space") }
    let helper = try await opened()
    #expect(
      try await helper.store("key", bytes)
        == .failed(number: 1, RemoteTrouble(.full, "storing: resourceExhausted: no space")))
    #expect(try await helper.fetch("key").0 == .missing(number: 2))
  }

  @Test func whoMayNotWriteCanStillRead() async throws {
    server.inject { $0.failing["UpdateActionResult"] = RPCError(code: .permissionDenied, message: "read only") }
    let helper = try await opened()
    #expect(
      try await helper.store("key", bytes)
        == .failed(number: 1, RemoteTrouble(.denied, "UpdateActionResult: permissionDenied: read only")))
    #expect(try await helper.fetch("key").0 == .missing(number: 2))
  }

  @Test func whoMayNotReadIsRefused() async throws {
    server.inject { $0.failing["GetActionResult"] = RPCError(code: .unauthenticated, message: "who are you?") }
    let helper = try await opened()
    #expect(
      try await helper.fetch("key").0
        == .refused(RemoteTrouble(.denied, "GetActionResult: unauthenticated: who are you?")))
    #expect(try await offPool { try helper.isClosed() })
    #expect(try await offPool { helper.process.wait() } == .exited(status: 0))
  }

  @Test(arguments: ["GetActionResult", "BatchReadBlobs"]) func silenceIsNotWaitedFor(_ method: String) async throws {
    let helper = try await opened { $0.patience = 1_000 }
    _ = try await helper.store("key", bytes)
    server.inject { $0.silent = [method] }
    #expect(
      try await helper.fetch("key").0
        == .refused(RemoteTrouble(.silent, "the server did not answer within 1 s")))
  }

  @Test func aServerThatDiesIsRefusedOnce() async throws {
    let helper = try await opened()
    await server.stop()
    try await offPool {
      for number in 0..<UInt32(20) { try helper.send(.fetch(number: number, RemoteKey(text: "key"), largest: 1)) }
    }
    guard case .refused(let trouble) = try await offPool({ try helper.receive().0 }) else {
      throw HelperProcess.NoReply()
    }
    #expect(trouble.kind == .unreachable)
    #expect(try await offPool { try helper.isClosed() })
  }

  @Test func theHelperEndsWithTheTool() async throws {
    let helper = try await opened()
    server.inject { $0.silent = ["GetActionResult"] }
    try await offPool { try helper.send(.fetch(number: 1, RemoteKey(text: "key"), largest: 1)) }
    let process = helper.process
    while server.calls("GetActionResult") == 0 { await Task.yield() }
    shutdown(helper.socket.raw, Int32(SHUT_RDWR))
    #expect(try await offPool { process.wait() } == .exited(status: 0))
  }
}
