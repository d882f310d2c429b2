internal import NIOCore
internal import NIOPosix
internal import NIOSSL
internal import NIOTLS
internal import RemoteProtocol

/// Makes connections to a server, with TLS where the address asks for it.
struct Connecting: Sendable {
  private let address: ServerAddress
  private let context: NIOSSLContext?
  private let patience: TimeAmount

  /// - Parameter protocols: what is to be spoken, by the names that TLS has for it (ALPN).
  init(
    _ address: ServerAddress, _ credentials: Credentials, _ settings: RemoteSettings, protocols: [String]
  ) throws {
    self.address = address
    patience = .milliseconds(Int64(settings.patience))
    guard address.usesTLS else {
      context = nil
      return
    }
    var tls = try credentials.tls
    tls.applicationProtocols = protocols
    context = try NIOSSLContext(configuration: tls)
  }

  /// Returns when the connection is made, and the server has shown who it is.
  ///
  /// - Parameter configure: adds handlers that are above TLS.
  func connect(_ configure: @escaping @Sendable (any Channel) throws -> Void) async throws -> any Channel {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let name = (try? SocketAddress(ipAddress: address.host, port: address.port)) == nil ? address.host : nil
    let bootstrap = ClientBootstrap(group: loop).connectTimeout(patience)
      .channelOption(.tcpOption(.tcp_nodelay), value: 1)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          let pipeline = channel.pipeline.syncOperations
          if let context { try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: name)) }
          // Several addresses may be tried at a time. So each connection has a greeting of its own.
          try pipeline.addHandler(Greeting(channel.eventLoop.makePromise(), isEncrypted: context != nil))
          try configure(channel)
        }
      }
    let channel = try await bootstrap.connect(host: address.host, port: address.port).get()
    let timer = channel.eventLoop.scheduleTask(in: patience) { [patience] in
      channel.pipeline.fireErrorCaught(ChannelError.connectTimeout(patience))
    }
    defer { timer.cancel() }
    do {
      try await channel.eventLoop.flatSubmit {
        do { return try channel.pipeline.syncOperations.handler(type: Greeting.self).greeted.futureResult } catch {
          // Its handlers have gone: the server has closed it by now.
          return channel.eventLoop.makeFailedFuture(ChannelError.eof)
        }
      }.get()
    } catch {
      channel.close(promise: nil)
      throw error
    }
    return channel
  }
}

/// Waits for the end of the TLS handshake.
private final class Greeting: ChannelInboundHandler, RemovableChannelHandler {
  typealias InboundIn = ByteBuffer

  let greeted: EventLoopPromise<Void>
  private let isEncrypted: Bool

  init(_ greeted: EventLoopPromise<Void>, isEncrypted: Bool) {
    self.greeted = greeted
    self.isEncrypted = isEncrypted
  }

  func channelActive(context: ChannelHandlerContext) {
    if !isEncrypted { greeted.succeed(()) }
    context.fireChannelActive()
  }

  func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
    if case .handshakeCompleted = event as? TLSUserEvent { greeted.succeed(()) }
    context.fireUserInboundEventTriggered(event)
  }

  func errorCaught(context: ChannelHandlerContext, error: any Error) {
    greeted.fail(error)
    context.fireErrorCaught(error)
  }

  func handlerRemoved(context: ChannelHandlerContext) { greeted.fail(ChannelError.eof) }

  func channelInactive(context: ChannelHandlerContext) {
    greeted.fail(ChannelError.eof)
    context.fireChannelInactive()
  }
}
