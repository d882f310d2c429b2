internal import Crypto
internal import LinuxIO
package import RemoteProtocol
internal import Synchronization

/// A blob on its way to us: a memory file that is hashed while it grows, and never grows beyond what was announced.
package final class IncomingBlob: Sendable {
  private struct State {
    var hash = SHA256()
    var size = 0
  }

  private let digest: BlobDigest
  private let file: MemoryFile
  private let state = Mutex(State())

  package init(_ digest: BlobDigest) throws(RemoteTrouble) {
    self.digest = digest
    do { file = try MemoryFile(name: "artifact") } catch {
      throw RemoteTrouble(.tooLarge, "no memory for an artifact: \(error)")
    }
  }

  /// How many bytes are here.
  package var size: Int { state.withLock { $0.size } }

  package func append(_ bytes: UnsafeRawBufferPointer) throws(RemoteTrouble) {
    let result: Result<Void, RemoteTrouble> = state.withLock { state in
      guard bytes.count <= digest.size - state.size else {
        return .failure(
          RemoteTrouble(.wrongBytes, "the server sent more than the \(digest.size) bytes that it has announced"))
      }
      // Through write(2): the pages of a mapping would count as this process's memory.
      do { try file.descriptor.write(all: bytes) } catch {
        return .failure(RemoteTrouble(.tooLarge, "no memory for an artifact of \(digest.size) bytes: \(error)"))
      }
      state.hash.update(bufferPointer: bytes)
      state.size += bytes.count
      return .success(())
    }
    try result.get()
  }

  /// Says that all is here: it must have the digest, and nobody can change it from now on.
  package func finish() throws(RemoteTrouble) {
    let (hash, size) = state.withLock { (BlobDigest.hexadecimal($0.hash.finalize()), $0.size) }
    guard size == digest.size else {
      throw RemoteTrouble(.wrongBytes, "the server sent \(size) bytes instead of \(digest.size)")
    }
    guard hash == digest.hash else {
      throw RemoteTrouble(.wrongBytes, "the server sent bytes with the SHA-256 \(hash) instead of \(digest.hash)")
    }
    do { try file.seal() } catch { throw RemoteTrouble(.tooLarge, "an artifact could not be sealed: \(error)") }
  }

  /// Everything; for small blobs.
  func contents() throws(RemoteTrouble) -> [UInt8] {
    do { return try file.descriptor.contents() } catch {
      throw RemoteTrouble(.tooLarge, "a blob cannot be read: \(error)")
    }
  }

  /// The file's descriptor, which is this object's.
  package var descriptor: Int32 { file.descriptor.raw }

  /// The bytes of the digest.
  package var hash: [UInt8] {
    let digits = Array(digest.hash.utf8).map {
      $0 < UInt8(ascii: "a") ? $0 - UInt8(ascii: "0") : $0 - UInt8(ascii: "a") + 10
    }
    return stride(from: 0, to: digits.count, by: 2).map { digits[$0] << 4 | digits[$0 + 1] }
  }
}
