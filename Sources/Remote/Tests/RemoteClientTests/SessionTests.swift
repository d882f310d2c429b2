import Glibc
import LinuxIO
import RemoteProtocol
import Synchronization
import SystemPackage
import Testing

@testable import RemoteClient

/// A store without a server.
private struct FakeStore: RemoteStore {
  var opening: Result<String, RemoteTrouble> = .success("a server")
  var fetching: Result<Void, RemoteTrouble> = .success(())
  var isBusy: Flag?

  func open() async throws -> String { try opening.get() }

  func fetch(_ key: LookUpKey, largest: Int) async throws -> FetchedArtifact? {
    try fetching.get()
    // Bytes come until the tool has been told so.
    while let isBusy, !isBusy.isRaised {
      Traffic.add(1)
      await Task.yield()
    }
    return nil
  }

  func store(_ key: LookUpKey, _ artifact: RemoteArtifact, _ blob: OutgoingBlob) async throws -> Int {
    try await blob.bytes(at: 0, atMost: artifact.size).count
  }

  func facts() async throws -> [RemoteFact] { [RemoteFact("a", "b")] }
}

private final class Flag: Sendable {
  private let value = Atomic(false)

  var isRaised: Bool { value.load(ordering: .relaxed) }

  func raise() { value.store(true, ordering: .relaxed) }
}

@Suite struct SessionTests {
  /// The tool's end of a session, which a thread of its own serves.
  private final class Tool: Sendable {
    let socket: MessageSocket
    let served: Task<Void, any Error>

    init(_ store: FakeStore, idle: Int = 60_000, busy: Int = 60_000, isOutdated: (@Sendable () -> Bool)? = nil) throws {
      let pair = try MessageSocket.pair()
      let given = MessageSocket(Descriptor(owning: dup(pair.given.raw)))
      socket = pair.keep()
      let session = Session(
        given, store, RemoteSettings(address: ""), idleMilliseconds: idle, busyMilliseconds: busy,
        isOutdated: isOutdated)
      served = Task { try await offPool { session.serve() } }
    }

    func send(_ request: RemoteRequest) throws { try socket.send(request.encoded()) }

    func next() async throws -> RemoteReply? {
      try await offPool { [self] in
        let bytes = try socket.receive(limit: RemoteProtocol.largestMessage).bytes
        return bytes.isEmpty ? nil : RemoteReply(bytes)
      }
    }
  }

  private let fetch = RemoteRequest.fetch(number: 7, RemoteKey(text: "key"), largest: 1)

  @Test func requestsAreAnsweredAndTheEndIsSeen() async throws {
    let tool = try Tool(FakeStore())
    #expect(try await tool.next() == .opened(server: "a server"))
    try tool.send(fetch)
    #expect(try await tool.next() == .missing(number: 7))
    try tool.send(.status(number: 8))
    #expect(try await tool.next() == .status(number: 8, [RemoteFact("a", "b")]))
    shutdown(tool.socket.raw, Int32(SHUT_RDWR))
    try await tool.served.value
  }

  @Test func whoeverAsksForNothingIsLeft() async throws {
    let tool = try Tool(FakeStore(), idle: 1)
    try await tool.served.value
    #expect(throws: SystemError("sendmsg", .brokenPipe)) { try tool.send(fetch) }
    #expect(try await tool.next() == .opened(server: "a server"))
    #expect(try await tool.next() == nil)
  }

  @Test func anOutdatedProcessMakesWayWhenItHasNothingToDo() async throws {
    let tool = try Tool(FakeStore(), isOutdated: { true })
    try await tool.served.value
    #expect(throws: SystemError("sendmsg", .brokenPipe)) { try tool.send(fetch) }
  }

  @Test func whileBytesMoveTheToolIsToldSo() async throws {
    let flag = Flag()
    let tool = try Tool(FakeStore(isBusy: flag), busy: 1)
    #expect(try await tool.next() == .opened(server: "a server"))
    try tool.send(fetch)
    #expect(try await tool.next() == .busy)
    flag.raise()
    var last = try await tool.next()
    while last == .busy { last = try await tool.next() }
    #expect(last == .missing(number: 7))
  }

  @Test func aServerThatCannotBeUsedIsRefusedOnce() async throws {
    let trouble = RemoteTrouble(.unreachable, "nobody there")
    let tool = try Tool(FakeStore(opening: .failure(trouble)))
    #expect(try await tool.next() == .refused(trouble))
    #expect(try await tool.next() == nil)
    try await tool.served.value
  }

  @Test func whatIsAboutOneRequestFailsOnlyThat() async throws {
    for kind in RemoteTrouble.Kind.allCases {
      let trouble = RemoteTrouble(kind, "why")
      let tool = try Tool(FakeStore(fetching: .failure(trouble)))
      _ = try await tool.next()
      try tool.send(fetch)
      let isRefused = [.unreachable, .silent, .denied, .misconfigured].contains(kind)
      #expect(try await tool.next() == (isRefused ? .refused(trouble) : .failed(number: 7, trouble)))
    }
  }

  @Test(arguments: [
    [9, 9, 9], RemoteRequest.open(version: RemoteProtocol.version, RemoteSettings(address: "again")).encoded(),
    // Its file is not there.
    RemoteRequest.store(number: 1, RemoteKey(text: "key"), .of([1])).encoded(),
  ])
  func whatIsNotUnderstoodEndsTheSession(_ message: [UInt8]) async throws {
    let tool = try Tool(FakeStore())
    #expect(try await tool.next() == .opened(server: "a server"))
    try tool.socket.send(message)
    #expect(
      try await tool.next()
        == .refused(RemoteTrouble(.unsuitable, "wasmprecompile-remote does not understand what wasmprecompile asks")))
    try await tool.served.value
  }
}
