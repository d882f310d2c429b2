internal import Crypto
internal import Glibc
internal import LinuxIO
internal import WasmEngine

/// A file's bytes, read once: the same bytes are hashed, judged and stored.
struct FileCopy {
  let bytes: [UInt8]
  let digest: ArtifactDigest
  let status: FileStatus
  /// The artifact's record; nil if the file is no artifact.
  var record: CompatibilityRecord? { bytes.withUnsafeBytes { CompatibilityRecord(artifact: $0) } }

  /// The largest size that an artifact may have.
  private static let most = 4 << 30

  init(_ directory: borrowing Descriptor, _ name: String) throws(SystemError) {
    let file = try directory.open(name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY)
    status = try file.status()
    guard status.kind == .regular else { throw SystemError("open", .invalidArgument) }
    guard status.size <= Self.most else { throw SystemError("read", .fileTooLarge) }
    bytes = try file.bytes(count: status.size)
    digest = ArtifactDigest(SHA256.hash(data: bytes))
  }
}
