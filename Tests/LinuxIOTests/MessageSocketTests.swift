import Glibc
import LinuxIO
import SystemPackage
import Testing

struct MessageSocketTests {
  /// Both ends of a pair.
  private func ends() throws -> (one: End, other: End) {
    let pair = try MessageSocket.pair()
    let other = End(MessageSocket(Descriptor(owning: fcntl(pair.given.raw, F_DUPFD_CLOEXEC, 0))))
    return (End(pair.keep()), other)
  }

  @Test func keepsMessagesApart() throws {
    let (one, other) = try ends()
    try one.send([1, 2, 3])
    try one.send([4])
    #expect(try other.receive(limit: 100) == [1, 2, 3])
    #expect(try other.receive(limit: 100) == [4])
    try other.send([5])
    #expect(try one.receive(limit: 1) == [5])
  }

  @Test func messageBeyondTheLimitIsAnError() throws {
    let (one, other) = try ends()
    try one.send([1, 2, 3])
    try one.send([4])
    #expect(throws: SystemError("recvmsg", .messageTooLong)) { _ = try other.receive(limit: 2) }
    #expect(try other.receive(limit: 2) == [4])
  }

  @Test func passesDescriptorsInOrder() throws {
    let (one, other) = try ends()
    do {
      let first = try MemoryFile(name: "first")
      try first.descriptor.write(all: "first")
      let second = try MemoryFile(name: "second")
      try one.send([1], passing: [first.descriptor.raw, second.descriptor.raw])
    }
    var message = try other.socket.receive(limit: 100)
    let first = try taken(from: &message)
    let second = try taken(from: &message)
    #expect(throws: NoDescriptor.self) { _ = try taken(from: &message) }
    #expect(try first.status().size == 5)
    #expect(try second.status().size == 0)
    #expect(fcntl(first.raw, F_GETFD) & FD_CLOEXEC == FD_CLOEXEC)
  }

  @Test func tooManyDescriptorsAreAnErrorBeforeAnythingIsSent() throws {
    let (one, other) = try ends()
    let file = try MemoryFile(name: "file")
    #expect(throws: SystemError("sendmsg", .invalidArgument)) {
      try one.send([1], passing: Array(repeating: file.descriptor.raw, count: 5))
    }
    #expect(try !other.waitUntilReadable(milliseconds: 0))
  }

  /// Whether a passed descriptor was closed shows at the far end of what it is an end of.
  @Test(arguments: [100, 0]) func closesDescriptorsThatNobodyTakes(_ limit: Int) throws {
    let (one, other) = try ends()
    let passed = try MessageSocket.pair()
    try one.send([1], passing: [passed.given.raw])
    let far = End(passed.keep())
    #expect(try !far.waitUntilReadable(milliseconds: 0))
    if limit > 0 {
      _ = try other.receive(limit: limit)
    } else {
      #expect(throws: SystemError("recvmsg", .messageTooLong)) { _ = try other.receive(limit: limit) }
    }
    try #require(try far.waitUntilReadable(milliseconds: 0))
    #expect(try far.receive(limit: 100).isEmpty)
  }

  /// Whoever sends to a process that reads nothing must not wait for ever.
  @Test func roomForMessagesHasAnEnd() throws {
    let (one, other) = try ends()
    let message = [UInt8](repeating: 7, count: 1 << 14)
    var sent = 0
    while try one.socket.trySend(message) { sent += 1 }
    #expect(sent > 0)
    #expect(try !one.socket.waitUntilWritable(milliseconds: 0))
    for _ in 0..<sent { #expect(try other.receive(limit: 1 << 14) == message) }
    #expect(try one.socket.waitUntilWritable(milliseconds: 60_000))
    #expect(try one.socket.trySend(message))
  }

  @Test func hangingUpEndsEveryWait() throws {
    var (one, other): (End, End?) = try ends()
    #expect(try !one.waitUntilReadable(milliseconds: 0))
    try other?.send([1])
    try #require(try one.waitUntilReadable(milliseconds: 60_000))
    other = nil
    #expect(try one.receive(limit: 100) == [1], "what was said before hanging up is heard")
    try #require(try one.waitUntilReadable(milliseconds: 60_000))
    #expect(try one.receive(limit: 100).isEmpty)
    #expect(throws: SystemError("sendmsg", .brokenPipe)) { try one.send([1]) }
  }
}

/// One end of a pair, as an object that can be passed around.
private final class End: Sendable {
  let socket: MessageSocket

  init(_ socket: consuming MessageSocket) { self.socket = socket }

  func send(_ message: [UInt8], passing descriptors: [Int32] = []) throws {
    try socket.send(message, passing: descriptors)
  }

  func receive(limit: Int) throws -> [UInt8] { try socket.receive(limit: limit).bytes }

  func waitUntilReadable(milliseconds: Int) throws -> Bool { try socket.waitUntilReadable(milliseconds: milliseconds) }
}

private struct NoDescriptor: Error {}

private func taken(from message: inout ReceivedMessage) throws -> Descriptor {
  guard let descriptor = message.takeDescriptor() else { throw NoDescriptor() }
  return descriptor
}
