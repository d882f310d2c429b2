import GRPCCore
import LinuxIO
import RemoteProtocol
import SwiftProtobuf
import Synchronization
import Testing

@testable import RemoteClient

/// The helper as a program, against a cache in this process.
@Suite struct GRPCCacheTests {
  private let server = FakeServer()

  private func open(_ change: (inout RemoteSettings) -> Void = { _ in }) async throws -> HelperProcess {
    var settings = testSettings(try await server.start())
    change(&settings)
    return try await .opened(settings)
  }

  @Test func whatOneStoresAnotherFetches() async throws {
    let helper = try await open()
    let bytes = sampleBytes(10_000)
    let signature = Array("untrusted comment: …\nsignature".utf8)
    #expect(try await helper.fetch("key").0 == .missing(number: 2))
    #expect(try await helper.store("key", bytes, signature: signature) == .stored(number: 1, sent: 10_000))
    // The server has the bytes now.
    #expect(try await helper.store("other", bytes) == .stored(number: 1, sent: 0))
    let (reply, contents) = try await helper.fetch("key")
    #expect(reply == .found(number: 2, .of(bytes, signature: signature)) && areSame(contents, bytes))
    #expect(try await helper.fetch("other").0 == .found(number: 2, .of(bytes)))
    #expect(server.calls("Read") == 0 && server.calls("Write") == 0)
  }

  @Test func largeArtifactsTravelAsStreams() async throws {
    let helper = try await open()
    let bytes = sampleBytes(9 << 20)
    #expect(try await helper.store("key", bytes) == .stored(number: 1, sent: bytes.count))
    let (reply, contents) = try await helper.fetch("key")
    #expect(reply == .found(number: 2, .of(bytes)) && areSame(contents, bytes))
    #expect(server.calls("Read") == 1 && server.calls("Write") == 1 && server.calls("BatchReadBlobs") == 0)
  }

  @Test func aBrokenStreamGoesOnWhereItWas() async throws {
    let helper = try await open()
    let bytes = sampleBytes(9 << 20)
    _ = try await helper.store("key", bytes)
    server.inject { $0.breaksAfter = 4 << 20 }
    let (reply, contents) = try await helper.fetch("key")
    #expect(reply == .found(number: 2, .of(bytes)) && areSame(contents, bytes))
    #expect(server.calls("Read") == 3)
  }

  @Test func manyAreInFlightAndTravelTogether() async throws {
    let helper = try await open()
    let count: UInt32 = 400
    let blobs = (0..<count).map { sampleBytes(500, seed: UInt64($0) + 1) }
    try await offPool {
      for (number, bytes) in blobs.enumerated() {
        try helper.send(.store(number: UInt32(number), RemoteKey(text: "\(number)"), .of(bytes)), passing: bytes)
      }
    }
    var answered: Set<UInt32> = []
    for _ in 0..<count {
      guard case .stored(let number, 500) = try await offPool({ try helper.receive().0 }) else {
        throw HelperProcess.NoReply()
      }
      answered.insert(number)
    }
    #expect(answered.count == Int(count))
    try await offPool {
      for number in 0..<count { try helper.send(.fetch(number: number, RemoteKey(text: "\(number)"), largest: 500)) }
    }
    for _ in 0..<count {
      let (reply, contents) = try await offPool { try helper.receive() }
      guard case .found(let number, let artifact) = reply else { throw HelperProcess.NoReply() }
      #expect(contents == blobs[Int(number)] && artifact == .of(blobs[Int(number)]))
    }
    // Batches are as large as what waits, so their number depends on the machine; but one for each would be none.
    #expect(server.calls("BatchReadBlobs") < Int(count) && server.calls("BatchUpdateBlobs") < Int(count))
  }

  @Test func aServerThatTakesFewCallsGetsFew() async throws {
    server.inject { $0.mostCalls = 8 }
    let helper = try await open()
    try await offPool {
      for number in 0..<UInt32(200) {
        try helper.send(.fetch(number: number, RemoteKey(text: "\(number)"), largest: 500))
      }
    }
    for _ in 0..<200 {
      guard case .missing = try await offPool({ try helper.receive().0 }) else { throw HelperProcess.NoReply() }
    }
    #expect(server.calls("GetActionResult") > 200)
  }

  @Test func droppedCallsAreMadeAgain() async throws {
    let helper = try await open()
    server.inject { $0.dropped = RetrySchedule.tries - 1 }
    #expect(try await helper.fetch("key").0 == .missing(number: 2))
    #expect(server.calls("GetActionResult") == RetrySchedule.tries)
  }

  @Test func theServerLearnsWhoAsks() async throws {
    let helper = try await open { $0.toolVersion = "9.8.7" }
    _ = try await helper.fetch("key")
    let headers = server.state.withLock { $0.headers["GetActionResult"] } ?? [:]
    let name = "build.bazel.remote.execution.v2.requestmetadata-bin"
    let bytes = try #require(headers[binaryValues: name].first { _ in true })
    let metadata = try WireRequestMetadata(serializedBytes: bytes)
    #expect(metadata.toolDetails.toolName == "wasmprecompile" && metadata.toolDetails.toolVersion == "9.8.7")
    #expect(metadata.toolInvocationID.count == 36)
    #expect(headers[stringValues: "authorization"].first { _ in true } == nil)
  }

  @Test func statusSaysWhatIsKnown() async throws {
    let helper = try await open { $0.salt = "2026" }
    guard case .status(7, let facts) = try await helper.ask(.status(number: 7)).0 else { throw HelperProcess.NoReply() }
    let values = Dictionary(uniqueKeysWithValues: facts.map { ($0.name, $0.value) })
    #expect(values["protocol"] == "Remote Execution API 2.0 to 2.3" && values["digest functions"] == "SHA256")
    #expect(values["updates"] == "allowed" && values["TLS"] == "no" && values["salt"] == "2026")
    #expect(values["largest batch"] == "not stated" && values["largest blob"] == "not stated")
    #expect(values["round trip"]?.hasSuffix(" ms") == true)
    #expect(
      facts.map(\.name) == [
        "address", "protocol", "digest functions", "updates", "execution", "largest batch", "largest blob",
        "round trip", "TLS",
        "client certificate", "token", "salt", "patience", "calls",
      ])
  }
}
