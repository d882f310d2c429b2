internal import GRPCCore
internal import GRPCProtobuf
internal import LinuxIO
internal import RemoteProtocol
internal import SwiftProtobuf

extension GRPCConnection {
  /// Makes a call whose answers come when something happens, which may take long. It is neither limited nor made again by itself.
  ///
  /// Silence says nothing here. So the server is asked something else while it is silent: one that is gone does not answer that.
  ///
  /// - Parameters:
  ///   - deadline: when it has taken too long.
  ///   - body: takes each message.
  func follow<Request, Response>(
    _ method: RemoteMethod<Request, Response>, _ request: Request, until deadline: MonotonicInstant, instance: String,
    _ body: @escaping @Sendable (Response) throws -> Void
  ) async throws {
    try await withThrowingTaskGroup(of: Void.self) { group in
      group.addTask {
        try await self.client.serverStreaming(
          request: ClientRequest(message: request, metadata: self.headers()), descriptor: method.descriptor,
          serializer: ProtobufSerializer<Request>(), deserializer: ProtobufDeserializer<Response>(),
          options: self.options
        ) { response in
          for try await message in response.messages { try body(message) }
        }
      }
      group.addTask { try await self.watch(until: deadline, instance: instance) }
      defer { group.cancelAll() }
      try await group.next()
    }
  }

  /// Returns never: it throws if the server is gone, or when the time is over.
  private func watch(until deadline: MonotonicInstant, instance: String) async throws {
    let pause = patience.silence / 2
    while true {
      let now = MonotonicInstant.now()
      guard now < deadline else {
        throw RemoteTrouble(.unsuitable, "the server's workers take too long")
      }
      let quiet = now.nanoseconds(since: min(now, hearing.last()))
      if quiet >= pause {
        var request = WireGetCapabilitiesRequest()
        request.instanceName = instance
        _ = try await call(CacheMethods.getCapabilities, request)
      } else {
        try await Task.sleep(nanoseconds: min(pause - quiet, deadline.nanoseconds(since: now)) + 1)
      }
    }
  }
}
