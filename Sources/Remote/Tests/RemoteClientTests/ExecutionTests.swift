import FoundationEssentials
import GRPCCore
import RemoteProtocol
import SwiftProtobuf
import Synchronization
import Testing

@testable import RemoteClient

/// Executions on workers that do what a test says.
@Suite struct ExecutionTests {
  private let subject = sampleBytes(100)
  private let input = sampleBytes(3_000, seed: 2)
  private let made = Array("made".utf8)

  private func execution(timeout: UInt32 = 60) -> RemoteExecution {
    RemoteExecution(
      arguments: ["program", "argument"], inputs: [.init(path: "lib/input", .of(input), isExecutable: true)],
      subject: .init(path: "in", .of(subject)), output: "out", refusal: 65, timeout: timeout, largest: 1000)
  }

  /// What the helper says of one execution.
  private func result(
    of workers: FakeWorkers, _ server: FakeServer? = nil, has: [UInt8]? = nil, timeout: UInt32 = 60,
    patience: UInt32 = 5000
  ) async throws -> (RemoteReply, [UInt8]?) {
    let server = server ?? FakeServer(workers: workers)
    if let has { server.state.withLock { $0.blobs[BlobDigest(of: has).hash] = Data(has) } }
    var settings = RemoteSettings(address: try await server.start())
    settings.patience = patience
    let helper = try await HelperProcess.opened(settings)
    try await offPool { [input] in try helper.send(.give(.of(input)), passing: input) }
    let reply = try await helper.ask(.execute(number: 7, execution(timeout: timeout)), passing: subject)
    await server.stop()
    return reply
  }

  // MARK: What comes of it

  @Test func whatAWorkerMadeIsFetched() async throws {
    let workers = FakeWorkers(.done(.made(made)))
    let server = FakeServer(workers: workers)
    let (reply, contents) = try await result(of: workers, server, has: made)
    #expect(reply == .made(number: 7, .of(made)) && contents == made)
    #expect(workers.calls == [.execute(skippingCache: true)])
    // The server has all that it needs: input, subject, two directories, command and action.
    #expect(server.state.withLock { $0.blobs.count } == 7)
    for bytes in [input, subject] {
      #expect(server.state.withLock { $0.blobs[BlobDigest(of: bytes).hash] } == Data(bytes))
    }
  }

  @Test func theActionSaysEverything() throws {
    let action = try ExecutionAction(execution(), salt: "salt")
    let blobs = Dictionary(uniqueKeysWithValues: action.messages.map { ($0.digest.hash, $0.bytes) })
    let whole = try WireAction(serializedBytes: try #require(blobs[action.digest.hash]))
    #expect(whole.timeout.seconds == 60 && whole.salt == Data("salt".utf8))
    let command = try WireCommand(serializedBytes: try #require(blobs[whole.commandDigest.hash]))
    #expect(command.arguments == ["program", "argument"] && command.outputPaths == ["out"])
    let root = try WireDirectory(serializedBytes: try #require(blobs[whole.inputRootDigest.hash]))
    #expect(root.files.map(\.name) == ["in"] && root.files[0].digest == BlobDigest(of: subject).wire)
    #expect(!root.files[0].isExecutable && root.directories.map(\.name) == ["lib"])
    let below = try WireDirectory(serializedBytes: try #require(blobs[root.directories[0].digest.hash]))
    #expect(below.files.map(\.name) == ["input"] && below.files[0].isExecutable)
    #expect(try ExecutionAction(execution(), salt: "other").digest != action.digest)
    #expect(!whole.hasPlatform && !command.hasPlatform)
  }

  @Test func thePlatformIsInTheActionAndItsCommandInOrder() throws {
    let properties = [("b", "1"), ("a", "é"), ("B", "1"), ("a", "z")].map { RemoteProperty($0, $1) }
    let action = try ExecutionAction(execution(), on: properties, salt: "")
    let blobs = Dictionary(uniqueKeysWithValues: action.messages.map { ($0.digest.hash, $0.bytes) })
    let bytes = try #require(blobs[action.digest.hash])
    let whole = try WireAction(serializedBytes: bytes)
    let command = try WireCommand(serializedBytes: try #require(blobs[whole.commandDigest.hash]))
    for platform in [whole.platform, command.platform] {
      #expect(platform.properties.map { "\($0.name)=\($0.value)" } == ["B=1", "a=z", "a=é", "b=1"])
    }
    // Action.platform is field 10, Platform.properties 1, and its name and value 1 and 2, as the API has them.
    let one = Array("B".utf8)
    let value = Array("1".utf8)
    let encoded: [UInt8] = [10 << 3 | 2, 33, 1 << 3 | 2, 6, 1 << 3 | 2, 1] + one + [2 << 3 | 2, 1] + value
    #expect(bytes.firstRange(of: encoded) != nil, "\(bytes)")
    // It is in the key, so that nobody gets what another machine's worker remembers.
    #expect(try ExecutionAction(execution(), on: properties.reversed(), salt: "").digest == action.digest)
    #expect(try ExecutionAction(execution(), on: properties.dropLast(), salt: "").digest != action.digest)
    #expect(try ExecutionAction(execution(), salt: "").digest != action.digest)
  }

  @Test func aRefusalIsAskedForOnce() async throws {
    let workers = FakeWorkers(.done(.exited(65, "it is wrong")))
    #expect(try await result(of: workers).0 == .exited(number: 7, status: 65, words: "it is wrong"))
    #expect(workers.calls.count == 1)
  }

  @Test func longWordsAreCutAtTheirBeginning() async throws {
    let workers = FakeWorkers(.done(.exited(65, String(repeating: "x", count: 20_000) + "the end")))
    guard case .exited(7, 65, let words) = try await result(of: workers).0 else { throw HelperProcess.NoReply() }
    #expect(words.hasSuffix("xthe end") && words.utf8.count == 12 << 10)
  }

  // MARK: Once more

  @Test func aDeadProgramIsTriedOnceMorePastTheCache() async throws {
    let workers = FakeWorkers(.done(.exited(137, "killed")), .done(.made(made)))
    #expect(try await result(of: workers, has: made).0 == .made(number: 7, .of(made)))
    #expect(workers.calls == [.execute(skippingCache: true), .execute(skippingCache: true)])
    let dying = FakeWorkers(.done(.exited(137, "killed")))
    #expect(try await result(of: dying).0 == .exited(number: 7, status: 137, words: "killed"))
    #expect(dying.calls.count == 2)
  }

  @Test func aLostWorkerIsTriedOnceMore() async throws {
    let workers = FakeWorkers(.done(.status(.internalError, "runner\nkilled")), .done(.made(made)))
    #expect(try await result(of: workers, has: made).0 == .made(number: 7, .of(made)))
    let losing = FakeWorkers(.done(.status(.deadlineExceeded, "")))
    let trouble = RemoteTrouble(.unsuitable, "a worker was lost: status 4")
    #expect(try await result(of: losing).0 == .failed(number: 7, trouble))
    #expect(losing.calls.count == 2)
  }

  @Test func aLostArtifactIsMadeOnceMore() async throws {
    let workers = FakeWorkers(.done(.made(made)))
    let trouble = RemoteTrouble(.wrongBytes, "the server has lost the artifact that its worker has made")
    #expect(try await result(of: workers).0 == .failed(number: 7, trouble))
    #expect(workers.calls == [.execute(skippingCache: true), .execute(skippingCache: true)])
  }

  @Test func whatTheServerHasForgottenIsGivenOnceMore() async throws {
    let workers = FakeWorkers(
      .fails(RPCError(code: .failedPrecondition, message: "a blob is missing")),
      .done(.status(.failedPrecondition, "a blob is missing")))
    let server = FakeServer(workers: workers)
    guard case .failed(7, let trouble) = try await result(of: workers, server).0 else { throw HelperProcess.NoReply() }
    #expect(trouble.reason == "Execute: failedPrecondition: a blob is missing")
    #expect(workers.calls.count == 2 && server.calls("FindMissingBlobs") >= 2)
  }

  // MARK: Streams

  @Test func aBrokenStreamGoesOn() async throws {
    let workers = FakeWorkers(.breaks(named: "a/1"), .breaks(named: "a/1"), .ends(named: "a/1"), .done(.made(made)))
    #expect(try await result(of: workers, has: made).0 == .made(number: 7, .of(made)))
    #expect(
      workers.calls == [.execute(skippingCache: true), .wait("a/1"), .wait("a/1"), .wait("a/1")])
  }

  @Test(arguments: [RPCError.Code.notFound, .invalidArgument])
  func aForgottenOperationIsBegunAgain(_ code: RPCError.Code) async throws {
    let workers = FakeWorkers(
      .breaks(named: "a/1"), .fails(RPCError(code: code, message: "no operation")), .done(.made(made)))
    #expect(try await result(of: workers, has: made).0 == .made(number: 7, .of(made)))
    #expect(
      workers.calls == [.execute(skippingCache: true), .wait("a/1"), .execute(skippingCache: true)])
  }

  @Test func streamsThatAlwaysBreakAreGivenUp() async throws {
    let workers = FakeWorkers(.breaks(named: "a/1"))
    // The server as a whole cannot be reached, as far as anybody can tell.
    guard case .refused(let trouble) = try await result(of: workers).0 else { throw HelperProcess.NoReply() }
    #expect(trouble.kind == .unreachable && workers.calls.count == 8)
    let ending = FakeWorkers(.ends(named: "a/1"))
    let expected = RemoteTrouble(.unsuitable, "Execute: the server ends streams before it is done")
    #expect(try await result(of: ending).0 == .failed(number: 7, expected))
    #expect(ending.calls.count == 8)
  }

  @Test func whatTakesTooLongIsGivenUp() async throws {
    // The server answers everything else meanwhile.
    let workers = FakeWorkers(.hangs)
    let trouble = RemoteTrouble(.unsuitable, "the server's workers take too long")
    #expect(try await result(of: workers, timeout: 1, patience: 2000).0 == .failed(number: 7, trouble))
  }

  @Test func aServerThatFallsSilentIsGone() async throws {
    let workers = FakeWorkers(.hangs)
    let server = FakeServer(workers: workers)
    var settings = RemoteSettings(address: try await server.start())
    settings.patience = 2000
    let helper = try await HelperProcess.opened(settings)
    server.inject { $0.silent = ["GetCapabilities"] }
    try await offPool { [input] in try helper.send(.give(.of(input)), passing: input) }
    let (reply, _) = try await helper.ask(.execute(number: 7, execution()), passing: subject)
    #expect(reply == .refused(RemoteTrouble(.silent, "the server did not answer within 2 s")))
  }

  // MARK: What is wrong

  @Test func aServerWithoutWorkersSaysSo() async throws {
    let server = FakeServer()
    let helper = try await HelperProcess.opened(RemoteSettings(address: try await server.start()))
    try await offPool { [input] in try helper.send(.give(.of(input)), passing: input) }
    let (reply, _) = try await helper.ask(.execute(number: 7, execution()), passing: subject)
    #expect(reply == .failed(number: 7, RemoteTrouble(.idle, "the server executes nothing")))
  }

  @Test func whatWasNotGivenIsMissed() async throws {
    let server = FakeServer(workers: FakeWorkers(.done(.made(made))))
    let helper = try await HelperProcess.opened(RemoteSettings(address: try await server.start()))
    let (reply, _) = try await helper.ask(.execute(number: 7, execution()), passing: subject)
    let trouble = RemoteTrouble(.unsuitable, "a file that its workers need could not be passed on")
    #expect(reply == .failed(number: 7, trouble))
  }

  @Test func artifactsThatAreTooLargeAreNotFetched() async throws {
    let large = sampleBytes(1001)
    let workers = FakeWorkers(.done(.made(large)))
    guard case .failed(7, let trouble) = try await result(of: workers, has: large).0 else {
      throw HelperProcess.NoReply()
    }
    #expect(trouble.kind == .tooLarge)
  }

  @Test func aResultWithoutItsOutputIsNone() async throws {
    let workers = FakeWorkers(.done(.made(made, as: "other")))
    let trouble = RemoteTrouble(.wrongBytes, "the worker says that it has made an artifact, and gives none")
    #expect(try await result(of: workers, has: made).0 == .failed(number: 7, trouble))
  }
}

extension RemoteBlob {
  static func of(_ bytes: [UInt8]) -> RemoteBlob {
    let artifact = RemoteArtifact.of(bytes)
    return RemoteBlob(digest: artifact.digest, size: artifact.size)
  }
}
