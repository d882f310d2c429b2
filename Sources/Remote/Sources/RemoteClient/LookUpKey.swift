internal import FoundationEssentials
package import RemoteProtocol
internal import SwiftProtobuf

/// What servers file an artifact's description under: an action that nobody executes, whose command is the key's text.
///
/// Anybody can compute it from the key and the salt: the digest of the serialized `Action`. Its fields are written in the order
/// of their numbers, as every encoder of protocol buffers does, and none has its default.
package struct LookUpKey: Sendable {
  /// The first word of the command, which keeps these actions apart from those of builds.
  static let command = "wasmprecompile"
  /// The artifact's name among the action's outputs.
  static let artifact = "artifact"
  /// The name of its signature.
  static let signature = "artifact.sig"

  package let action: [UInt8]
  package let command: [UInt8]
  /// What a server is asked for.
  package let digest: BlobDigest
  package let commandDigest: BlobDigest

  package init(_ key: RemoteKey, salt: String) throws(RemoteTrouble) {
    var command = WireCommand()
    command.arguments = [Self.command, key.text]
    command.outputPaths = [Self.artifact]
    self.command = try Self.serialized(command)
    commandDigest = BlobDigest(of: self.command)
    var action = WireAction()
    action.commandDigest = commandDigest.wire
    // An empty directory is an empty message.
    action.inputRootDigest = BlobDigest(of: []).wire
    action.salt = Data(salt.utf8)
    self.action = try Self.serialized(action)
    digest = BlobDigest(of: self.action)
  }

  private static func serialized(_ message: some SwiftProtobuf.Message) throws(RemoteTrouble) -> [UInt8] {
    do { return try message.serializedBytes() } catch {
      throw RemoteTrouble(.misconfigured, "the key cannot be written down: \(error)")
    }
  }
}
