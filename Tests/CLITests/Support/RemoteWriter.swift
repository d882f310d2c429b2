import Crypto
import Glibc
import LinuxIO
import RemoteProtocol
import TestSupport

/// Somebody who may write to a server, and stores there what they like under any name. They have the program that speaks to it, and do
/// without the tool.
final class RemoteWriter {
  private let socket: MessageSocket
  private let process: ChildProcess

  /// The server's answer, which is none to what was asked.
  struct Refused: Error {
    let reply: RemoteReply?
  }

  init(_ address: String) throws {
    let pair = try MessageSocket.pair()
    let nothing = try Descriptor.open("/dev/null", O_RDWR)
    process = try ChildProcess(
      executable: RealRemote.helper, arguments: ["wasmprecompile-remote"], environment: ["LC_ALL=C"],
      descriptors: [nothing.raw, nothing.raw, STDERR_FILENO, pair.given.raw])
    socket = pair.keep()
    try socket.send(RemoteRequest.open(version: RemoteProtocol.version, RemoteSettings(address: address)).encoded())
    let reply = try receive()
    guard case .opened = reply else { throw Refused(reply: reply) }
  }

  deinit {
    process.kill()
    process.waitForEnd()
  }

  /// Stores bytes that have the digest that they are said to have: nothing about them is wrong for the server.
  ///
  /// - Parameter name: `<backend>-<version>-<identity>/<module's SHA-256>.cwasm`
  func store(_ name: String, _ artifact: [UInt8], signature: [UInt8]) throws {
    let described = RemoteArtifact(
      digest: Array(SHA256.hash(data: artifact)), size: artifact.count, signature: signature)
    let file = try MemoryFile.sealed(name: "artifact", artifact)
    try socket.send(
      RemoteRequest.store(number: 1, RemoteKey(text: name), described).encoded(), passing: [file.descriptor.raw])
    let reply = try receive()
    guard case .stored(1, _) = reply else { throw Refused(reply: reply) }
  }

  private func receive() throws -> RemoteReply {
    while true {
      let message = try socket.receive(limit: RemoteProtocol.largestMessage)
      guard let reply = RemoteReply(message.bytes) else { throw Refused(reply: nil) }
      if reply != .busy { return reply }
    }
  }
}
