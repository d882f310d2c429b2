internal import Crypto
internal import LinuxIO

extension Descriptor {
  /// Hashes a file in blocks, because it could be cut short while it is mapped.
  func digest() throws(SystemError) -> (digest: ArtifactDigest, size: Int) {
    var hash = SHA256()
    var size = 0
    let block = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 18, alignment: 64)
    defer { block.deallocate() }
    while true {
      let count = try read(into: block, at: size)
      hash.update(bufferPointer: UnsafeRawBufferPointer(rebasing: block[..<count]))
      size += count
      if count < block.count { return (ArtifactDigest(hash.finalize()), size) }
    }
  }
}
