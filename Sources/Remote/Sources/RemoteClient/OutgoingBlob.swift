internal import Glibc
package import LinuxIO
internal import NIOPosix
internal import RemoteProtocol

/// A file of the tool's on its way to a server.
package final class OutgoingBlob: Sendable {
  package let digest: BlobDigest
  private let file: Descriptor

  package init(_ digest: BlobDigest, _ file: consuming Descriptor) {
    self.digest = digest
    self.file = file
  }

  /// Reads a piece on a thread that may wait for a disk.
  package func bytes(at offset: Int, atMost count: Int) async throws -> [UInt8] {
    let wanted = min(count, digest.size - offset)
    let bytes = try await NIOThreadPool.singleton.runIfActive { [self] in
      try [UInt8](unsafeUninitializedCapacity: wanted) { buffer, size in
        size = try file.read(into: UnsafeMutableRawBufferPointer(buffer), at: offset)
      }
    }
    guard bytes.count == wanted else {
      throw RemoteTrouble(.wrongBytes, "the artifact that was to be stored is shorter than \(digest.size) bytes")
    }
    return bytes
  }
}
