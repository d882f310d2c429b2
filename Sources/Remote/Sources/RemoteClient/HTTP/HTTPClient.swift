internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix
internal import NIOSSL
internal import RemoteProtocol
internal import Synchronization

/// Requests to one server, over connections that stay open.
final class HTTPClient: Sendable {
  private let address: ServerAddress
  private let settings: RemoteSettings
  private let credentials: Credentials
  private let connecting: Connecting
  private let patience: Patience
  private let limiter: CallLimiter
  private let idle = Mutex<[Pooled]>([])

  private struct Pooled: Sendable {
    let connection: HTTPConnection
    let hearing: Hearing
  }

  /// Each connection is a descriptor here and there, and HTTP/1 carries one request over each.
  private static let mostConnections = 32

  init(_ address: ServerAddress, _ settings: RemoteSettings, _ credentials: Credentials) throws {
    self.address = address
    self.settings = settings
    self.credentials = credentials
    connecting = try Connecting(address, credentials, settings, protocols: ["http/1.1"])
    patience = Patience(milliseconds: settings.patience)
    limiter = CallLimiter(min(Int(settings.calls), Self.mostConnections))
  }

  /// - Parameter sink: what takes the body, from each beginning on; nil if it comes with the answer.
  func get(_ path: String, sink: HTTPSinkMaker? = nil) async throws -> HTTPAnswer {
    try await request(.GET, path, sink: sink)
  }

  func head(_ path: String) async throws -> HTTPAnswer { try await request(.HEAD, path) }

  func put(
    _ path: String, size: Int, _ piece: @escaping HTTPPieces
  ) async throws -> HTTPAnswer {
    try await request(.PUT, path, size: size, piece: piece)
  }

  /// Bytes of a body that come or go at a time.
  static let piece = 256 << 10

  private func request(
    _ method: HTTPMethod, _ path: String, sink: HTTPSinkMaker? = nil, size: Int? = nil, piece: HTTPPieces? = nil
  ) async throws -> HTTPAnswer {
    var attempt = 0
    while true {
      do {
        return try await limiter.run(isAgain: attempt > 0, isTooMuch: Self.isBusy) {
          let answer = try await once(head(method, path, size: size), sink: sink?(), piece: piece)
          if [429, 502, 503, 504].contains(answer.status) { throw Busy(answer: answer) }
          return answer
        }
      } catch let error where attempt + 1 < RetrySchedule.tries && Self.isWorthAnotherTry(error) {
        try await Task.sleep(nanoseconds: RetrySchedule.delay(after: attempt, random: .random(in: 0...1)))
        attempt += 1
      } catch let busy as Busy {
        return busy.answer
      } catch let slow as SlowCall {
        throw slow
      } catch is HTTPBodyTooLarge {
        throw RemoteTrouble(.wrongBytes, "\(method) \(path): the answer is longer than any that is expected")
      } catch {
        throw ConnectionCheck.trouble(error, address, settings)
      }
    }
  }

  @Sendable private static func isBusy(_ error: any Error) -> Bool { error is Busy }

  private struct Busy: Error {
    let answer: HTTPAnswer
  }

  /// Whether something on the way has dropped the request, as servers do with connections that were idle.
  private static func isWorthAnotherTry(_ error: any Error) -> Bool {
    if error is Busy { return true }
    if let error = error as? ChannelError { return [.eof, .ioOnClosedChannel, .alreadyClosed].contains(error) }
    if case .uncleanShutdown = error as? NIOSSLError { return true }
    // The connection has ended in the midst of an answer.
    if error as? HTTPParserError == .invalidEOFState { return true }
    return error is IOError
  }

  private func head(_ method: HTTPMethod, _ path: String, size: Int?) -> HTTPRequestHead {
    var headers = HTTPHeaders([
      ("Host", address.authority), ("User-Agent", "wasmprecompile/\(settings.toolVersion)"), ("Accept", "*/*"),
    ])
    if let token = credentials.token?.current { headers.add(name: "Authorization", value: "Bearer \(token)") }
    if let size { headers.add(name: "Content-Length", value: "\(size)") }
    return HTTPRequestHead(version: .http1_1, method: method, uri: path, headers: headers)
  }

  private func once(
    _ head: HTTPRequestHead, sink: HTTPSink?, piece: HTTPPieces?
  ) async throws -> HTTPAnswer {
    let pooled = try await take()
    let answer = try await patience.run(bytes: Self.piece, heard: pooled.hearing.last) { progress in
      try await pooled.connection.exchange(head, piece, sink: sink) { progress.step($0) }
    }
    let isLast = answer.headers[canonicalForm: "connection"].contains { $0.lowercased() == "close" }
    if !isLast, pooled.connection.isOpen { idle.withLock { $0.append(pooled) } }
    return answer
  }

  private func take() async throws -> Pooled {
    while let pooled = idle.withLock({ $0.popLast() }) {
      if pooled.connection.isOpen { return pooled }
    }
    let hearing = Hearing()
    return Pooled(connection: try await HTTPConnection(connecting, hearing: hearing), hearing: hearing)
  }
}
