internal import FoundationEssentials
internal import RemoteProtocol
internal import SwiftProtobuf

/// What a server is told to execute: the messages of an action, which are blobs, and the digest that it is known by
/// (remote_execution.proto, Action).
struct ExecutionAction: Sendable {
  /// The messages, all of which the server must have.
  let messages: [(bytes: [UInt8], digest: BlobDigest)]
  let digest: BlobDigest

  /// - Parameters:
  ///   - platform: what the worker must have, in any order.
  ///   - salt: the same as for look-ups: a new one also disowns what servers remember of executions.
  init(_ execution: RemoteExecution, on platform: [RemoteProperty] = [], salt: String) throws(RemoteTrouble) {
    var messages: [(bytes: [UInt8], digest: BlobDigest)] = []
    func add(_ message: some SwiftProtobuf.Message) throws(RemoteTrouble) -> BlobDigest {
      do {
        let bytes: [UInt8] = try message.serializedBytes()
        let digest = BlobDigest(of: bytes)
        messages.append((bytes, digest))
        return digest
      } catch {
        throw RemoteTrouble(.misconfigured, "what is to be executed cannot be written down: \(error)")
      }
    }
    func add(_ files: [(path: ArraySlice<Substring>, input: RemoteExecution.Input)]) throws(RemoteTrouble) -> BlobDigest
    {
      var directory = WireDirectory()
      // The API wants everything in the order of the names.
      for (name, within) in Dictionary(grouping: files, by: { $0.path.first ?? "" }).sorted(by: { $0.key < $1.key }) {
        let below = within.filter { $0.path.count > 1 }
        if below.isEmpty, let file = within.first {
          var node = WireFileNode()
          node.name = String(name)
          node.digest = BlobDigest(file.input.blob).wire
          node.isExecutable = file.input.isExecutable
          directory.files.append(node)
        } else {
          var node = WireDirectoryNode()
          node.name = String(name)
          node.digest = try add(below.map { ($0.path.dropFirst(), $0.input) }).wire
          directory.directories.append(node)
        }
      }
      return try add(directory)
    }
    let inputs = execution.inputs + [execution.subject]
    var action = WireAction()
    action.inputRootDigest = try add(inputs.map { ($0.path.split(separator: "/")[...], $0) }).wire
    var command = WireCommand()
    command.arguments = execution.arguments
    command.outputPaths = [execution.output]
    if !platform.isEmpty {
      // The API has wanted it in the action since version 2.2, and in the command before; a server may know either.
      command.platform = Self.wire(platform)
      action.platform = command.platform
    }
    action.commandDigest = try add(command).wire
    action.timeout.seconds = Int64(execution.timeout)
    action.salt = Data(salt.utf8)
    digest = try add(action)
    self.messages = messages
  }

  private static func wire(_ platform: [RemoteProperty]) -> WirePlatform {
    var wire = WirePlatform()
    // Servers may refuse another order, by bytes.
    wire.properties = platform.sorted { one, other in
      one.name == other.name
        ? one.value.utf8.lexicographicallyPrecedes(other.value.utf8)
        : one.name.utf8.lexicographicallyPrecedes(other.name.utf8)
    }.map { property in
      var one = WirePlatformProperty()
      one.name = property.name
      one.value = property.value
      return one
    }
    return wire
  }
}
