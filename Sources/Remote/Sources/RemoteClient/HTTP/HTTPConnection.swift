internal import NIOCore
internal import NIOHTTP1
internal import NIOPosix

/// An answer's head, and its body if nobody else took it.
struct HTTPAnswer: Sendable {
  let status: Int
  let headers: HTTPHeaders
  var body: [UInt8] = []
}

/// What happens to an answer's body, on the thread of the connection.
typealias HTTPSink = @Sendable (UnsafeRawBufferPointer) throws -> Void

/// Makes a sink for each try: what came of a body before its connection was lost is of no use.
typealias HTTPSinkMaker = @Sendable () throws -> HTTPSink

/// The next piece of a request's body; nil after the last.
typealias HTTPPieces = @Sendable (_ offset: Int) async throws -> [UInt8]?

/// A connection that carries one request at a time.
final class HTTPConnection: Sendable {
  private let channel: any Channel
  private let exchanges: NIOLoopBound<HTTPExchanges>

  /// Bytes of a body that nobody takes: of a description, or of an error's page.
  fileprivate static let largestBody = 64 << 10

  init(_ connecting: Connecting, hearing: Hearing) async throws {
    channel = try await connecting.connect { channel in
      try channel.pipeline.syncOperations.addHandler(HearingHandler(hearing))
      try channel.pipeline.syncOperations.addHTTPClientHandlers()
      try channel.pipeline.syncOperations.addHandler(HTTPExchanges())
    }
    exchanges = try await channel.eventLoop.submit { [channel] in
      guard let handler = try? channel.pipeline.syncOperations.handler(type: HTTPExchanges.self) else {
        // The server has closed the connection by now.
        throw ChannelError.eof
      }
      return NIOLoopBound(handler, eventLoop: channel.eventLoop)
    }.get()
  }

  deinit { channel.close(promise: nil) }

  var isOpen: Bool { channel.isActive }

  /// - Parameters:
  ///   - piece: the body's next piece; nil after the last.
  ///   - sink: takes the body of an answer that says that all is well (200).
  ///   - progress: called with the bytes of each piece of a body that went or came.
  func exchange(
    _ head: HTTPRequestHead, _ piece: HTTPPieces?, sink: HTTPSink?,
    progress: @escaping @Sendable (_ bytes: Int) -> Void
  ) async throws -> HTTPAnswer {
    try await withTaskCancellationHandler {
      let answered = channel.eventLoop.makePromise(of: HTTPAnswer.self)
      channel.eventLoop.execute { [exchanges] in
        exchanges.value.begin(HTTPExchange(answered: answered, sink: sink, progress: progress))
      }
      do { try await send(head, piece, progress) } catch {
        // The server may have answered before it closed the connection. What it says counts.
        channel.eventLoop.execute { [exchanges] in exchanges.value.fail(error) }
      }
      return try await answered.futureResult.get()
    } onCancel: {
      channel.close(promise: nil)
    }
  }

  private func send(
    _ head: HTTPRequestHead, _ piece: HTTPPieces?,
    _ progress: @Sendable (_ bytes: Int) -> Void
  ) async throws {
    channel.write(HTTPClientRequestPart.head(head), promise: nil)
    var offset = 0
    while let bytes = try await piece?(offset) {
      try await channel.writeAndFlush(HTTPClientRequestPart.body(.byteBuffer(ByteBuffer(bytes: bytes))))
      offset += bytes.count
      progress(bytes.count)
    }
    try await channel.writeAndFlush(HTTPClientRequestPart.end(nil))
  }
}

/// One request that waits for its answer.
private struct HTTPExchange {
  let answered: EventLoopPromise<HTTPAnswer>
  let sink: HTTPSink?
  let progress: @Sendable (_ bytes: Int) -> Void
  var answer: HTTPAnswer?
}

/// Puts answers together.
private final class HTTPExchanges: ChannelInboundHandler {
  typealias InboundIn = HTTPClientResponsePart

  private var current: HTTPExchange?
  private var isOver = false
  private var failure: (any Error)?

  func begin(_ exchange: HTTPExchange) {
    if isOver { exchange.answered.fail(failure ?? ChannelError.eof) } else { current = exchange }
  }

  func fail(_ error: any Error) {
    current?.answered.fail(error)
    current = nil
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    guard var exchange = current else {
      // An answer to nothing.
      context.close(promise: nil)
      return
    }
    switch unwrapInboundIn(data) {
    case .head(let head):
      // 100 (Continue) and the like are followed by the answer.
      if head.status.code < 200 { return }
      exchange.answer = HTTPAnswer(status: Int(head.status.code), headers: head.headers)
    case .body(let buffer):
      do { try take(buffer, &exchange) } catch {
        fail(error)
        context.close(promise: nil)
        return
      }
    case .end:
      guard let answer = exchange.answer else { return }
      current = nil
      exchange.answered.succeed(answer)
      return
    }
    current = exchange
  }

  private func take(_ buffer: ByteBuffer, _ exchange: inout HTTPExchange) throws {
    exchange.progress(buffer.readableBytes)
    guard let answer = exchange.answer else { return }
    if answer.status == 200, let sink = exchange.sink {
      try buffer.withUnsafeReadableBytes { try sink($0) }
    } else {
      guard answer.body.count + buffer.readableBytes <= HTTPConnection.largestBody else { throw HTTPBodyTooLarge() }
      exchange.answer?.body += buffer.readableBytesView
    }
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    failure = error
    fail(error)
    context.close(promise: nil)
  }

  func channelInactive(context: ChannelHandlerContext) {
    isOver = true
    fail(failure ?? ChannelError.eof)
    context.fireChannelInactive()
  }
}

/// A body that is larger than any that is expected.
struct HTTPBodyTooLarge: Error {}
