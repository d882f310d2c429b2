internal import GRPCCore
internal import SwiftProtobuf

/// A method of a service, with the messages that it takes and gives.
struct RemoteMethod<Request: SwiftProtobuf.Message, Response: SwiftProtobuf.Message>: Sendable {
  let descriptor: MethodDescriptor
  /// For messages to people.
  let name: String

  init(_ service: String, _ name: String) {
    descriptor = MethodDescriptor(fullyQualifiedService: service, method: name)
    self.name = name
  }
}

/// The methods of a cache (remote_execution.proto, bytestream.proto).
enum CacheMethods {
  private static let package = "build.bazel.remote.execution.v2."

  static let getCapabilities = RemoteMethod<WireGetCapabilitiesRequest, WireServerCapabilities>(
    package + "Capabilities", "GetCapabilities")
  static let getActionResult = RemoteMethod<WireGetActionResultRequest, WireActionResult>(
    package + "ActionCache", "GetActionResult")
  static let updateActionResult = RemoteMethod<WireUpdateActionResultRequest, WireActionResult>(
    package + "ActionCache", "UpdateActionResult")
  static let findMissingBlobs = RemoteMethod<WireFindMissingBlobsRequest, WireFindMissingBlobsResponse>(
    package + "ContentAddressableStorage", "FindMissingBlobs")
  static let batchReadBlobs = RemoteMethod<WireBatchReadBlobsRequest, WireBatchReadBlobsResponse>(
    package + "ContentAddressableStorage", "BatchReadBlobs")
  static let batchUpdateBlobs = RemoteMethod<WireBatchUpdateBlobsRequest, WireBatchUpdateBlobsResponse>(
    package + "ContentAddressableStorage", "BatchUpdateBlobs")
  static let read = RemoteMethod<WireReadRequest, WireReadResponse>("google.bytestream.ByteStream", "Read")
  static let write = RemoteMethod<WireWriteRequest, WireWriteResponse>("google.bytestream.ByteStream", "Write")
}
