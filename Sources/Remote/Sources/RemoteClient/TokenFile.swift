internal import LinuxIO
package import RemoteProtocol
internal import Synchronization

/// A file whose first line is a bearer token. What renews it may write to the file, or put another in its place.
///
/// This process may open no other file by the time that another is there. It then goes on with the token that it has, and ends
/// as soon as nothing is asked of it; the tool starts a new one, which reads the new token.
package final class TokenFile: Sendable {
  private struct State {
    var token: String
    var stamp: FileStamp
    var looked: MonotonicInstant
    var wasReplaced = false
  }

  package let path: String
  private let state: Mutex<State>

  /// Bytes.
  private static let largest = 64 << 10
  /// Seconds between two looks at the file.
  private static let pause = 1.0

  package init(_ path: String) throws(RemoteTrouble) {
    self.path = path
    let (token, stamp) = try Self.read(path)
    state = Mutex(State(token: token, stamp: stamp, looked: .now()))
  }

  private static func read(_ path: String) throws(RemoteTrouble) -> (String, FileStamp) {
    func unfit(_ reason: String) -> RemoteTrouble { Credentials.unfit(path, reason, "--remote-token-file") }
    let contents: [UInt8]
    let stamp: FileStamp
    do {
      let file = try RegularFile(path)
      contents = try file.contents(limit: largest)
      stamp = file.status.stamp
    } catch { throw unfit("\(error)") }
    let line = contents.prefix { $0 != UInt8(ascii: "\n") && $0 != UInt8(ascii: "\r") }
    let token = line.drop { $0 == UInt8(ascii: " ") }
    if token.isEmpty { throw unfit("its first line is empty, where the token should be") }
    // What may stand in a header (RFC 6750, 2.1).
    guard token.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else { throw unfit("its first line has characters of no token") }
    return (String(decoding: token, as: UTF8.self), stamp)
  }

  /// The token as it is in the file now, or was when it could last be read.
  package var current: String {
    state.withLock { state in
      let now = MonotonicInstant.now()
      guard now >= state.looked.adding(seconds: Self.pause) else { return state.token }
      state.looked = now
      guard let status = try? Descriptor.status(of: path), status.stamp != state.stamp else { return state.token }
      if let (token, stamp) = try? Self.read(path) {
        (state.token, state.stamp) = (token, stamp)
      } else {
        state.wasReplaced = true
      }
      return state.token
    }
  }

  /// Whether there is a token that this process may not read.
  package var wasReplaced: Bool { state.withLock { $0.wasReplaced } }
}
