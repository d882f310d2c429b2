import FoundationEssentials
import GRPCCore
import GRPCNIOTransportHTTP2Posix
import GRPCProtobuf
import SwiftProtobuf
import Synchronization

@testable import RemoteClient

/// A cache in this process that does what it is told to do wrong.
final class FakeServer: Sendable {
  struct Faults: Sendable {
    /// Methods that never answer.
    var silent: Set<String> = []
    /// Methods that fail.
    var failing: [String: RPCError] = [:]
    var changesBytes = false
    var losesBlobs = false
    /// Calls of GetActionResult that it takes at a time.
    var mostCalls = Int.max
    /// How many calls of each method fail with UNAVAILABLE before one succeeds.
    var dropped = 0
    /// Streams end after so many bytes.
    var breaksAfter = Int.max
  }

  struct State: Sendable {
    var faults = Faults()
    var blobs: [String: Data] = [:]
    var results: [String: WireActionResult] = [:]
    /// How often each method was called.
    var calls: [String: Int] = [:]
    var headers: [String: Metadata] = [:]
    var open = 0
    /// Calls that were too many.
    var refused = 0
  }

  let state = Mutex(State())
  let capabilities: WireServerCapabilities
  private let transport: HTTP2ServerTransport.Posix
  private let serving = Mutex<Task<Void, Never>?>(nil)

  private let workers: FakeWorkers?

  /// - Parameter workers: what executes; nil for a server that only keeps blobs.
  init(_ capabilities: WireServerCapabilities = FakeServer.usual, workers: FakeWorkers? = nil) {
    var capabilities = capabilities
    capabilities.executionCapabilities.execEnabled = workers != nil
    self.capabilities = capabilities
    self.workers = workers
    transport = HTTP2ServerTransport.Posix(address: .ipv4(host: "127.0.0.1", port: 0), transportSecurity: .plaintext)
  }

  static var usual: WireServerCapabilities {
    var capabilities = WireServerCapabilities()
    capabilities.cacheCapabilities.digestFunctions = [1]
    capabilities.cacheCapabilities.actionCacheUpdateCapabilities.updateEnabled = true
    capabilities.lowApiVersion.major = 2
    capabilities.highApiVersion.major = 2
    capabilities.highApiVersion.minor = 3
    return capabilities
  }

  /// - Returns: the address.
  func start() async throws -> String {
    let server = GRPCServer(transport: transport, services: [Service(server: self)] + (workers.map { [$0] } ?? []))
    serving.withLock { $0 = Task { try? await server.serve() } }
    return try await "grpc://127.0.0.1:\(transport.listeningAddress.ipv4?.port ?? 0)"
  }

  func stop() async {
    let task = serving.withLock { $0 }
    task?.cancel()
    await task?.value
  }

  deinit { serving.withLock { $0?.cancel() } }

  func inject(_ change: (inout Faults) -> Void) { state.withLock { change(&$0.faults) } }

  func calls(_ method: String) -> Int { state.withLock { $0.calls[method] ?? 0 } }

  fileprivate func begin(_ method: String, _ headers: Metadata) async throws {
    let (faults, calls, open) = state.withLock { state in
      state.calls[method, default: 0] += 1
      state.headers[method] = headers
      state.open += 1
      return (state.faults, state.calls[method] ?? 0, state.open)
    }
    if faults.silent.contains(method) { try await Task.sleep(for: .seconds(3600)) }
    if let error = faults.failing[method] { throw error }
    if calls <= faults.dropped { throw RPCError(code: .unavailable, message: "dropped") }
    guard method == "GetActionResult", faults.mostCalls < .max else { return }
    if open > faults.mostCalls {
      state.withLock { $0.refused += 1 }
      throw RPCError(code: .resourceExhausted, message: "too many calls")
    }
    // The first ones stay until there was one too many.
    while state.withLock({ $0.refused == 0 }) { await Task.yield() }
  }

  fileprivate func end() { state.withLock { $0.open -= 1 } }

  fileprivate func blob(_ hash: String) -> Data? {
    state.withLock { state in
      guard !state.faults.losesBlobs, var blob = state.blobs[hash] else { return nil }
      if state.faults.changesBytes, !blob.isEmpty { blob[blob.startIndex] ^= 1 }
      return blob
    }
  }
}

private struct Service: RegistrableRPCService {
  let server: FakeServer

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    unary(CacheMethods.getCapabilities, &router) { [server] _ in server.capabilities }
    unary(CacheMethods.getActionResult, &router) { [server] request in
      guard let result = server.state.withLock({ $0.results[request.actionDigest.hash] }) else {
        throw RPCError(code: .notFound, message: "no result")
      }
      return result
    }
    unary(CacheMethods.updateActionResult, &router) { [server] request in
      server.state.withLock { $0.results[request.actionDigest.hash] = request.actionResult }
      return request.actionResult
    }
    unary(CacheMethods.findMissingBlobs, &router) { [server] request in
      var response = WireFindMissingBlobsResponse()
      response.missingBlobDigests = server.state.withLock { state in
        request.blobDigests.filter { state.blobs[$0.hash] == nil }
      }
      return response
    }
    unary(CacheMethods.batchUpdateBlobs, &router) { [server] request in
      var response = WireBatchUpdateBlobsResponse()
      for entry in request.requests {
        server.state.withLock { $0.blobs[entry.digest.hash] = entry.data }
        var answer = WireBatchUpdateBlobsResponse.Response()
        answer.digest = entry.digest
        response.responses.append(answer)
      }
      return response
    }
    unary(CacheMethods.batchReadBlobs, &router) { [server] request in
      var response = WireBatchReadBlobsResponse()
      for digest in request.digests {
        var answer = WireBatchReadBlobsResponse.Response()
        answer.digest = digest
        if let blob = server.blob(digest.hash) { answer.data = blob } else { answer.status.code = 5 }
        response.responses.append(answer)
      }
      return response
    }
    registerStreams(&router)
  }

  private func registerStreams<Transport: ServerTransport>(_ router: inout RPCRouter<Transport>) {
    router.registerHandler(
      forMethod: CacheMethods.read.descriptor, deserializer: ProtobufDeserializer<WireReadRequest>(),
      serializer: ProtobufSerializer<WireReadResponse>()
    ) { [server] request, _ in
      try await server.begin("Read", request.metadata)
      server.end()
      let message = try await ServerRequest(stream: request).message
      let hash = message.resourceName.split(separator: "/").dropLast().last ?? ""
      guard let blob = server.blob(String(hash)) else { throw RPCError(code: .notFound, message: "no blob") }
      let most = server.state.withLock { $0.faults.breaksAfter }
      return StreamingServerResponse { writer in
        var offset = Int(message.readOffset)
        while offset < blob.count {
          if offset - Int(message.readOffset) >= most { throw RPCError(code: .unavailable, message: "connection lost") }
          var response = WireReadResponse()
          response.data = Data(blob.dropFirst(offset).prefix(1 << 18))
          offset += response.data.count
          try await writer.write(response)
        }
        return [:]
      }
    }
    router.registerHandler(
      forMethod: CacheMethods.write.descriptor, deserializer: ProtobufDeserializer<WireWriteRequest>(),
      serializer: ProtobufSerializer<WireWriteResponse>()
    ) { [server] request, _ in
      try await server.begin("Write", request.metadata)
      server.end()
      var name = ""
      var blob = Data()
      for try await message in request.messages {
        if name.isEmpty { name = message.resourceName }
        blob.append(message.data)
      }
      let hash = name.split(separator: "/").dropLast().last ?? ""
      server.state.withLock { [blob] in $0.blobs[String(hash)] = blob }
      var response = WireWriteResponse()
      response.committedSize = Int64(blob.count)
      return StreamingServerResponse(single: ServerResponse(message: response))
    }
  }

  private func unary<Request: SwiftProtobuf.Message, Response: SwiftProtobuf.Message, Transport: ServerTransport>(
    _ method: RemoteMethod<Request, Response>, _ router: inout RPCRouter<Transport>,
    _ answer: @escaping @Sendable (Request) throws -> Response
  ) {
    router.registerHandler(
      forMethod: method.descriptor, deserializer: ProtobufDeserializer<Request>(),
      serializer: ProtobufSerializer<Response>()
    ) { [server] request, _ in
      defer { server.end() }
      try await server.begin(method.name, request.metadata)
      let response = try answer(try await ServerRequest(stream: request).message)
      return StreamingServerResponse(single: ServerResponse(message: response))
    }
  }
}
