internal import GRPCCore
internal import GRPCNIOTransportHTTP2Posix
internal import GRPCProtobuf
internal import LinuxIO
internal import NIOCore
internal import NIOPosix
internal import RemoteProtocol
internal import SwiftProtobuf
internal import Synchronization

/// The way to one server: calls with their limits, tries and headers.
final class GRPCConnection: Sendable {
  let client: GRPCClient<HTTP2ClientTransport.Posix>
  private let limiter: CallLimiter
  let patience: Patience
  let hearing = Hearing()
  let headers: @Sendable () -> Metadata
  /// How many calls have succeeded.
  private let successes = Atomic(0)
  private let running: Task<Void, Never>

  /// Bytes of the longest message: what every server takes and gives (grpc.io, GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH).
  static let largestMessage = 4 << 20

  init(
    _ address: ServerAddress, _ security: HTTP2ClientTransport.Posix.TransportSecurity, calls: Int, patience: Patience,
    headers: @escaping @Sendable () -> Metadata
  ) throws {
    let hearing = hearing
    let config = HTTP2ClientTransport.Posix.Config.defaults { config in
      // A larger window is as much more memory, and a gigabit at 20 ms takes no more than this.
      config.http2.targetWindowSize = 4 << 20
      config.backoff = .init(initial: .milliseconds(100), max: .seconds(1), multiplier: 2, jitter: 0.2)
      config.channelDebuggingCallbacks.onCreateTCPConnection = { channel in
        channel.pipeline.addHandler(HearingHandler(hearing), position: .first)
      }
    }
    let transport = try HTTP2ClientTransport.Posix(
      target: address.target, transportSecurity: security, config: config,
      eventLoopGroup: MultiThreadedEventLoopGroup.singleton)
    let client = GRPCClient(transport: transport)
    self.client = client
    self.patience = patience
    self.headers = headers
    limiter = CallLimiter(calls)
    running = Task { try? await client.runConnections() }
  }

  deinit { running.cancel() }

  var options: CallOptions {
    var options = CallOptions.defaults
    // The transport takes this for both directions.
    options.maxRequestMessageBytes = Self.largestMessage
    options.maxResponseMessageBytes = Self.largestMessage
    return options
  }

  /// - Parameter bytes: how many travel, both ways.
  func call<Request, Response>(
    _ method: RemoteMethod<Request, Response>, _ request: Request, bytes: Int = 0
  ) async throws -> Response {
    try await retrying {
      try await self.patience.run(bytes: bytes, heard: self.hearing.last) { _ in
        try await self.client.unary(
          request: ClientRequest(message: request, metadata: self.headers()), descriptor: method.descriptor,
          serializer: ProtobufSerializer<Request>(), deserializer: ProtobufDeserializer<Response>(),
          options: self.options
        ) { response in try response.message }
      }
    }
  }

  /// Makes a call that is answered by several messages. It is neither limited nor made again by itself.
  ///
  /// - Parameter body: takes a message, and says how many bytes of a blob came with it.
  func receive<Request, Response>(
    _ method: RemoteMethod<Request, Response>, _ request: Request,
    _ body: @escaping @Sendable (Response) throws -> Int
  ) async throws {
    try await patience.run(bytes: Self.largestMessage, heard: hearing.last) { progress in
      try await self.client.serverStreaming(
        request: ClientRequest(message: request, metadata: self.headers()), descriptor: method.descriptor,
        serializer: ProtobufSerializer<Request>(), deserializer: ProtobufDeserializer<Response>(), options: self.options
      ) { response in
        for try await message in response.messages {
          progress.step(try body(message))
        }
      }
    }
  }

  /// Makes a call of several messages. It is neither limited nor made again by itself.
  ///
  /// - Parameter next: the next message, and how many bytes of a blob are in it; nil after the last.
  func send<Request, Response>(
    _ method: RemoteMethod<Request, Response>,
    _ next: @escaping @Sendable (_ number: Int) async throws -> (Request, bytes: Int)?
  ) async throws -> Response {
    try await patience.run(bytes: Self.largestMessage, heard: hearing.last) { progress in
      let request = StreamingClientRequest<Request>(metadata: self.headers()) { writer in
        var number = 0
        while let (message, bytes) = try await next(number) {
          // A server that has the blob by now answers before it has read all. What it says counts.
          do { try await writer.write(message) } catch { return }
          progress.step(bytes)
          number += 1
        }
      }
      return try await self.client.clientStreaming(
        request: request, descriptor: method.descriptor, serializer: ProtobufSerializer<Request>(),
        deserializer: ProtobufDeserializer<Response>(), options: self.options
      ) { response in try response.message }
    }
  }

  /// Makes a call when its turn has come, and again, a few times, for as long as that is worth it. A call that is made again must
  /// do no harm.
  func retrying<Value>(_ call: () async throws -> Value) async throws -> Value {
    var tries = RetrySchedule.Tries()
    /// When calls began to fail, this and others.
    var failing: MonotonicInstant?
    while true {
      let before = successes.load(ordering: .relaxed)
      do {
        let value = try await limiter.run(
          isAgain: tries.isAgain, isTooMuch: { ($0 as? RPCError)?.code == .resourceExhausted }, call)
        successes.add(1, ordering: .relaxed)
        return value
      } catch let error as RPCError where error.isWorthAnotherTry {
        let after = successes.load(ordering: .relaxed)
        guard
          let delay = tries.delay(
            isBusy: error.code == .resourceExhausted, isFirst: after == 0, othersSucceed: after != before,
            random: .random(in: 0...1))
        else { throw error }
        let now = MonotonicInstant.now()
        let start = after != before ? now : failing ?? now
        failing = start
        // The tool waits little longer for a sign of life.
        guard now.nanoseconds(since: start) + delay < patience.silence else { throw error }
        try await Task.sleep(nanoseconds: delay)
      }
    }
  }
}

extension ServerAddress {
  fileprivate var target: any ResolvableTarget {
    // An address must not go through the resolver of names: its name would be asked for in the TLS handshake, where no address
    // may stand (RFC 6066, 3).
    if (try? SocketAddress(ipAddress: host, port: port)) == nil { return .dns(host: host, port: port) }
    return host.contains(":") ? .ipv6(address: host, port: port) : .ipv4(address: host, port: port)
  }
}
