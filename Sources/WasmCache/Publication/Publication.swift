internal import LinuxIO
internal import SystemPackage

/// An artifact's bytes in a file of the writer's own: published, or gone when its owner goes.
package final class WrittenArtifact: Sendable {
  let file: StagedFile
  package let digest: ArtifactDigest
  /// Bytes.
  package let size: Int

  let signature: StagedSignature?

  /// The signature's file, as others may have it; empty for an artifact that nobody has signed.
  package var signatureText: [UInt8] { signature?.text ?? [] }

  init(
    _ file: consuming StagedFile, _ digest: ArtifactDigest, size: Int, signature: StagedSignature?
  ) {
    self.file = file
    self.digest = digest
    self.size = size
    self.signature = signature
  }

  /// Makes sure that its bytes, and those of its signature, are on the disk.
  func synchronize() throws(SystemError) {
    try file.synchronize()
    try signature?.file.synchronize()
  }
}

/// A signature in a file of the writer's own: published, or gone when its owner goes.
final class StagedSignature: Sendable {
  let file: StagedFile
  let text: [UInt8]

  init(_ file: consuming StagedFile, _ text: [UInt8]) {
    self.file = file
    self.text = text
  }
}

/// Where the signature of an artifact comes from.
enum SignatureSource {
  /// The publisher signs, if it has a key.
  ///
  /// - Parameter statement: what is signed about the artifact with this digest.
  case ours((_ artifact: ArtifactDigest) -> ArtifactStatement)
  /// Whoever made the artifact has signed it. This is the signature's file.
  case theirs([UInt8])
}

/// The step that gives a written artifact its names: its object's, and that of an entry which points at it.
package struct Publication: Sendable {
  let artifact: WrittenArtifact
  let entry: String
  let directory: EntryDirectory
  /// The entry's path, for messages. It is made only for them.
  let path: @Sendable () -> FilePath

  init(
    _ artifact: WrittenArtifact, entry: String, in directory: EntryDirectory, path: @escaping @Sendable () -> FilePath
  ) {
    self.artifact = artifact
    self.entry = entry
    self.directory = directory
    self.path = path
  }
}

/// A directory of entries, opened. A class, because several publications have it.
final class EntryDirectory: Sendable {
  let descriptor: Descriptor

  init(_ descriptor: consuming Descriptor) { self.descriptor = descriptor }
}
