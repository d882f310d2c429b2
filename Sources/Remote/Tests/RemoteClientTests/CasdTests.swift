import LinuxIO
import RemoteProtocol
import TestSupport
import Testing

@testable import RemoteClient

/// The helper against buildbox-casd, a server that others wrote.
@Suite(.needs(RealServers.isThere(RealServers.casd), "buildbox-casd: make setup-tests"))
struct CasdTests {
  private let directory: TemporaryDirectory

  init() throws { directory = try TemporaryDirectory() }

  private func start() async throws -> RealServer {
    try await offPool { [directory] in try RealServers.startCasd(in: directory) }
  }

  @Test(arguments: [0, 1, 10_000, 5_000_000, 20_000_000])
  func whatOneStoresAnotherFetches(_ size: Int) async throws {
    let server = try await start()
    let settings = testSettings("grpc://127.0.0.1:\(server.port)")
    let first = try await HelperProcess.opened(settings)
    let bytes = sampleBytes(size)
    let signature = Array("a signature".utf8)
    #expect(try await first.fetch("key").0 == .missing(number: 2))
    #expect(try await first.store("key", bytes, signature: signature) == .stored(number: 1, sent: size))
    let second = try await HelperProcess.opened(settings)
    let (reply, contents) = try await second.fetch("key")
    #expect(reply == .found(number: 2, .of(bytes, signature: signature)) && areSame(contents, bytes))
    #expect(try await second.store("key", bytes, signature: signature) == .stored(number: 1, sent: 0))
  }

  @Test func aSaltHidesWhatWasStored() async throws {
    let server = try await start()
    var settings = testSettings("grpc://127.0.0.1:\(server.port)")
    let helper = try await HelperProcess.opened(settings)
    _ = try await helper.store("key", sampleBytes(100))
    settings.salt = "another"
    #expect(try await HelperProcess.opened(settings).fetch("key").0 == .missing(number: 2))
  }

  @Test func aThousandTravelAtATime() async throws {
    let server = try await start()
    let helper = try await HelperProcess.opened(testSettings("grpc://127.0.0.1:\(server.port)"))
    let count: UInt32 = 1000
    let blobs = (0..<count).map { sampleBytes(2_000, seed: UInt64($0) + 1) }
    let sending = Task {
      try await offPool {
        for (number, bytes) in blobs.enumerated() {
          try helper.send(.store(number: UInt32(number), RemoteKey(text: "\(number)"), .of(bytes)), passing: bytes)
        }
      }
    }
    for _ in 0..<count {
      guard case .stored(_, 2_000) = try await offPool({ try helper.receive().0 }) else {
        throw HelperProcess.NoReply()
      }
    }
    try await sending.value
    let asking = Task {
      try await offPool {
        for number in 0..<count {
          try helper.send(.fetch(number: number, RemoteKey(text: "\(number)"), largest: 1 << 20))
        }
      }
    }
    for _ in 0..<count {
      let (reply, contents) = try await offPool { try helper.receive() }
      guard case .found(let number, _) = reply else { throw HelperProcess.NoReply() }
      #expect(areSame(contents, blobs[Int(number)]))
    }
    try await asking.value
  }

  @Test func largeArtifactsTakeNoMemory() async throws {
    let server = try await start()
    let helper = try await HelperProcess.opened(testSettings("grpc://127.0.0.1:\(server.port)"))
    let bytes = sampleBytes(100 << 20)
    #expect(try await helper.store("key", bytes) == .stored(number: 1, sent: bytes.count))
    let (reply, contents) = try await helper.fetch("key")
    #expect(reply == .found(number: 2, .of(bytes)) && areSame(contents, bytes))
    // `VmHWM` is the most that was resident, in kB.
    let most = try #require(try helper.status("VmHWM").first?.split(separator: " ").first.flatMap { Int($0) })
    #expect(most < 70_000)
  }

  @Test func statusSaysWhatItIs() async throws {
    let server = try await start()
    let helper = try await HelperProcess.opened(testSettings("grpc://127.0.0.1:\(server.port)"))
    guard case .status(1, let facts) = try await helper.ask(.status(number: 1)).0 else { throw HelperProcess.NoReply() }
    let values = Dictionary(uniqueKeysWithValues: facts.map { ($0.name, $0.value) })
    #expect(values["protocol"]?.hasPrefix("Remote Execution API 2.") == true)
    #expect(values["digest functions"]?.contains("SHA256") == true)
  }

  @Test func aServerThatIsKilledIsRefused() async throws {
    let server = try await start()
    let helper = try await HelperProcess.opened(testSettings("grpc://127.0.0.1:\(server.port)"))
    _ = try await helper.store("key", sampleBytes(100))
    try await offPool { server.kill() }
    #expect(try await helper.fetch("key").0 == .refused(RemoteTrouble(.unreachable, "connection refused")))
  }
}
