internal import Crypto
internal import LinuxIO

extension Descriptor {
  /// Hashes a file.
  func digest() throws(SystemError) -> (digest: ArtifactDigest, size: Int) {
    var hash = SHA256()
    var size = 0
    try forEachBlock { block in
      hash.update(bufferPointer: block)
      size += block.count
    }
    return (ArtifactDigest(hash.finalize()), size)
  }
}
