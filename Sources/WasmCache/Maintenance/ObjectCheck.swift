internal import Glibc
internal import LinuxIO
internal import WasmEngine

/// Why an object is not what an entry stands for.
struct ObjectFault: Error {
  var fault: EntryFault
  /// The file that was found to be corrupt.
  var file: FileIdentity?
}

extension CacheDirectory {
  /// Hashes an object.
  ///
  /// - Returns: its size in bytes.
  func check(_ digest: ArtifactDigest, _ memory: LoadingCatalog) -> Result<Int, ObjectFault> {
    let name = CacheLayout.objectName(digest)
    do throws(SystemError) {
      // The path is opened one name at a time, so that neither is a link.
      let file = try objects.open(name.directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        .openRegularFile(name.file, O_RDONLY)
      let stamp = try file.status().stamp
      let begun = WallClock.now()
      let actual = try ArtifactDigest(hashing: file)
      guard actual == digest else {
        let fault = EntryFault.digestDiffers(actual: "\(actual)")
        return .failure(ObjectFault(fault: fault, file: stamp.identity))
      }
      // The check is remembered, so that a later load need not read the object again.
      memory.remember(CheckedObject(digest: digest, stamp: stamp, checked: begun))
      return .success(Int(clamping: stamp.size))
    } catch {
      let fault: EntryFault =
        switch error.errno {
        case .noSuchFileOrDirectory: isSetAside(digest) ? .movedAside : .objectMissing
        // The object's name is a link, which could lead anywhere.
        case .tooManySymbolicLinkLevels, .notDirectory: .notALink
        default: .unreadable(reason: error.description)
        }
      return .failure(ObjectFault(fault: fault))
    }
  }

  /// The record of an object whose bytes proved good; nil if it has none.
  func record(of digest: ArtifactDigest) -> CompatibilityRecord? {
    let name = CacheLayout.objectName(digest)
    guard
      let file = try? objects.open(name.directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW).openRegularFile(
        name.file, O_RDONLY),
      let size = try? file.status().size, let contents = try? Mapping(file, size: size)
    else { return nil }
    return CompatibilityRecord(artifact: contents.bytes)
  }

  /// Whether a digest names an object, of whatever bytes: then bytes with that digest are those that were stored.
  func names(_ digest: ArtifactDigest) -> Bool {
    let name = CacheLayout.objectName(digest)
    return (try? objects.status(of: "\(name.directory)/\(name.file)")) != nil || isSetAside(digest)
  }
}
