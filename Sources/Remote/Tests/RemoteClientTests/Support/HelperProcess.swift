import Dispatch
import Glibc
import LinuxIO
import RemoteProtocol
import Synchronization
import SystemPackage
import TestSupport
import Testing

@testable import RemoteClient

/// Runs something that may wait on a thread outside of Swift's cooperative pool, in which servers of tests answer.
func offPool<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
  try await withCheckedThrowingContinuation { continuation in
    DispatchQueue(label: "off the pool").async { continuation.resume(with: Result { try body() }) }
  }
}

/// The helper as the tool starts it, and the tool's end of its socket.
final class HelperProcess: Sendable {
  let socket: MessageSocket
  let process: ChildProcess
  /// An argument by which the process can be told from others.
  let mark: String

  /// What came in the place of what was expected.
  struct NoReply: Error {
    var reply: RemoteReply?
  }

  /// The directory of the test runner, where the executable is, too.
  static var executable: FilePath {
    get throws {
      var target = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
      guard readlink("/proc/self/exe", &target, target.count - 1) > 0 else { throw Errno(rawValue: errno) }
      let runner = target.withUnsafeBufferPointer { $0.baseAddress.map { FilePath(platformString: $0) } ?? FilePath() }
      return runner.removingLastComponent().appending("wasmprecompile-remote")
    }
  }

  init() throws {
    mark = "\(getpid())-\(UInt64.random(in: 0 ... .max))"
    let pair = try MessageSocket.pair()
    let nothing = try Descriptor.open("/dev/null", O_RDWR)
    process = try ChildProcess(
      executable: Self.executable.string, arguments: ["wasmprecompile-remote", mark], environment: ["LC_ALL=C"],
      descriptors: [nothing.raw, nothing.raw, STDERR_FILENO, pair.given.raw])
    socket = pair.keep()
  }

  /// - Returns: a helper that has been told about a server.
  static func opening(_ settings: RemoteSettings) throws -> HelperProcess {
    let helper = try HelperProcess()
    try helper.send(.open(version: RemoteProtocol.version, settings))
    return helper
  }

  /// - Returns: a helper that can use a server.
  static func opened(_ settings: RemoteSettings) async throws -> HelperProcess {
    try await offPool {
      let helper = try opening(settings)
      let reply = try helper.receive().0
      guard case .opened = reply else { throw NoReply(reply: reply) }
      return helper
    }
  }

  /// Values of its `/proc/PID/status`, a line each.
  func status(_ names: String...) throws -> [String] {
    let script = """
      for process in /proc/[0-9]*; do
        [ "$(tr '\\0' ' ' 2> /dev/null < $process/cmdline)" = "wasmprecompile-remote $1 " ] || continue
        sed -nE "s/^($2):[[:space:]]*//p" $process/status
      done
      """
    return try Tool.shell(script, [mark, names.joined(separator: "|")]).split(separator: "\n").map(String.init)
  }

  func send(_ request: RemoteRequest, passing bytes: [UInt8]? = nil) throws {
    guard let bytes else { return try socket.send(request.encoded()) }
    let file = try MemoryFile.sealed(name: "artifact", bytes)
    try socket.send(request.encoded(), passing: [file.descriptor.raw])
  }

  /// - Returns: the next message, with the contents of the file beside it; they are sealed.
  func receive() throws -> (RemoteReply, [UInt8]?) {
    var message = try socket.receive(limit: RemoteProtocol.largestMessage)
    guard let reply = RemoteReply(message.bytes) else { throw NoReply() }
    // It may come at any time.
    if reply == .busy { return try receive() }
    guard let file = message.takeDescriptor() else { return (reply, nil) }
    let contents = try file.contents()
    #expect(throws: SystemError.self) { try file.setSize(contents.count + 1) }
    return (reply, contents)
  }

  func isClosed() throws -> Bool { try socket.receive(limit: RemoteProtocol.largestMessage).bytes.isEmpty }

  /// Asks one thing, while nothing else is asked.
  func ask(_ request: RemoteRequest, passing bytes: [UInt8]? = nil) async throws -> (RemoteReply, [UInt8]?) {
    try await offPool { [self] in
      try send(request, passing: bytes)
      return try receive()
    }
  }

  func store(_ key: String, _ bytes: [UInt8], signature: [UInt8] = []) async throws -> RemoteReply {
    try await ask(.store(number: 1, RemoteKey(text: key), .of(bytes, signature: signature)), passing: bytes).0
  }

  func fetch(_ key: String, largest: Int = 1 << 30) async throws -> (RemoteReply, [UInt8]?) {
    try await ask(.fetch(number: 2, RemoteKey(text: key), largest: largest))
  }
}

extension RemoteArtifact {
  static func of(_ bytes: [UInt8], signature: [UInt8] = []) -> RemoteArtifact {
    let digest = BlobDigest(of: bytes).hash
    let hash = stride(from: 0, to: 64, by: 2).compactMap { UInt8(digest.dropFirst($0).prefix(2), radix: 16) }
    return RemoteArtifact(digest: hash, size: bytes.count, signature: signature)
  }
}

/// What a test asks for, without a hurry: tests have to share the processors.
func testSettings(_ address: String) -> RemoteSettings {
  var settings = RemoteSettings(address: address)
  settings.patience = 60_000
  return settings
}

/// Bytes that differ from seed to seed. They repeat: a debug build makes few of them in a second.
func sampleBytes(_ count: Int, seed: UInt64 = 1) -> [UInt8] {
  var state = seed &* 0x9E37_79B9_7F4A_7C15 | 1
  var block: [UInt8] = (0..<min(count, 4096)).map { _ in
    state ^= state << 13
    state ^= state >> 7
    state ^= state << 17
    return UInt8(truncatingIfNeeded: state)
  }
  return [UInt8](unsafeUninitializedCapacity: count) { buffer, size in
    while size < count {
      let piece = min(block.count, count - size)
      if let start = buffer.baseAddress { memcpy(start + size, block, piece) }
      size += piece
      if block.count == 4096 { block[size / 4096 % 4096] &+= 1 }
    }
  }
}

/// Whether bytes are the same; `==` takes seconds for many in a debug build.
func areSame(_ first: [UInt8]?, _ second: [UInt8]) -> Bool {
  guard let first else { return false }
  return first.count == second.count && memcmp(first, second, second.count) == 0
}
