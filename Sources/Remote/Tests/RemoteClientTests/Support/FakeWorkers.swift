import FoundationEssentials
import GRPCCore
import GRPCProtobuf
import SwiftProtobuf
import Synchronization

@testable import RemoteClient

/// Workers that do what a test says, call by call.
final class FakeWorkers: RegistrableRPCService {
  /// What becomes of a call.
  enum Step: Sendable {
    /// The operation is named, and the stream breaks.
    case breaks(named: String)
    /// The stream ends as if all were well, before the operation is done.
    case ends(named: String)
    case fails(RPCError)
    /// Nothing more comes.
    case hangs
    case done(WireExecuteResponse)
  }

  enum Call: Hashable, Sendable {
    case execute(skippingCache: Bool)
    case wait(String)
  }

  private let state: Mutex<(steps: [Step], calls: [Call])>

  /// - Parameter steps: one for each call; the last is for all that follow.
  init(_ steps: Step...) { state = Mutex((steps, [])) }

  var calls: [Call] { state.withLock { $0.calls } }

  private func next(_ call: Call) -> Step {
    state.withLock { state in
      state.calls.append(call)
      return state.steps.count > 1 ? state.steps.removeFirst() : state.steps[0]
    }
  }

  func registerMethods<Transport: ServerTransport>(with router: inout RPCRouter<Transport>) {
    register(ExecutionMethods.execute, &router) { .execute(skippingCache: $0.skipCacheLookup) }
    register(ExecutionMethods.waitExecution, &router) { .wait($0.name) }
  }

  private func register<Request: SwiftProtobuf.Message, Transport: ServerTransport>(
    _ method: RemoteMethod<Request, WireOperation>, _ router: inout RPCRouter<Transport>,
    _ call: @escaping @Sendable (Request) -> Call
  ) {
    router.registerHandler(
      forMethod: method.descriptor, deserializer: ProtobufDeserializer<Request>(),
      serializer: ProtobufSerializer<WireOperation>()
    ) { [self] request, _ in
      let step = next(call(try await ServerRequest(stream: request).message))
      return StreamingServerResponse { writer in
        var operation = WireOperation()
        switch step {
        case .breaks(let name):
          operation.name = name
          try await writer.write(operation)
          throw RPCError(code: .unavailable, message: "connection lost")
        case .ends(let name):
          operation.name = name
          try await writer.write(operation)
        case .fails(let error): throw error
        case .hangs: try await Task.sleep(for: .seconds(3600))
        case .done(let response):
          operation.name = "done"
          operation.done = true
          operation.response.typeURL = "type.googleapis.com/build.bazel.remote.execution.v2.ExecuteResponse"
          operation.response.value = try response.serializedBytes()
          try await writer.write(operation)
        }
        return [:]
      }
    }
  }
}

extension WireExecuteResponse {
  /// A worker has made something.
  static func made(_ bytes: [UInt8], as path: String = "out") -> WireExecuteResponse {
    var response = WireExecuteResponse()
    var file = WireOutputFile()
    file.path = path
    file.digest = BlobDigest(of: bytes).wire
    response.result.outputFiles = [file]
    return response
  }

  static func exited(_ status: Int32, _ words: String = "") -> WireExecuteResponse {
    var response = WireExecuteResponse()
    response.result.exitCode = status
    response.result.stderrRaw = Data(words.utf8)
    return response
  }

  static func status(_ code: RPCError.Code, _ message: String) -> WireExecuteResponse {
    var response = WireExecuteResponse()
    response.status.code = Int32(code.rawValue)
    response.status.message = message
    return response
  }
}
