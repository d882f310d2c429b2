internal import Crypto
internal import LinuxIO
package import SystemPackage

extension CacheDirectory {
  /// Compares an entry's artifact with what its engine has made of the module just now.
  ///
  /// With `repair`, a differing object is moved to the directory `corrupt`, so that the next run compiles the module again.
  ///
  /// - Parameters:
  ///   - digest: of the artifact that the entry stood for when its module was compiled.
  ///   - artifact: what came out.
  /// - Returns: nil if the entry has gone meanwhile, or stands for something else.
  package func compare(
    entryAt path: FilePath, for digest: ArtifactDigest, with artifact: UnsafeRawBufferPointer, repair: Bool
  ) -> CheckedEntry? {
    let name = CacheLayout.objectName(digest)
    guard entry(at: path)?.digest == digest, let object = try? objects.status(of: "\(name.directory)/\(name.file)")
    else { return nil }
    var hash = SHA256()
    hash.update(bufferPointer: artifact)
    let made = ArtifactDigest(hash.finalize())
    if made == digest { return CheckedEntry(path: path, size: object.size, fault: nil, repair: nil) }
    let isMoved = repair && setAside(digest, judged: object.stamp.identity)
    return CheckedEntry(
      path: path, size: object.size, fault: .notReproduced(stored: "\(digest)", made: "\(made)"),
      repair: isMoved ? .movedAside : nil)
  }
}
