internal import Glibc
internal import LinuxIO
internal import SystemPackage
internal import WasmEngine

/// The fault of an entry.
extension CacheDirectory {
  /// Checks every entry's artifact against its digest.
  ///
  /// With `repair`, faulty entries are removed and corrupt objects moved to the directory `corrupt`, so that the next run
  /// compiles them again. Entries that were links before the cache was copied become links again.
  ///
  /// - Returns: the number of artifacts whose module is unknown, in a cache that has lost every entry.
  @discardableResult
  package func verify(repair: Bool, report: (CheckedEntry) -> Void) throws(CacheError) -> Int {
    var verifier = EntryVerifier(self, repairs: repair)
    return try verifier.run(report)
  }

  /// Moves a corrupt object out of the way. It is kept, so that a person can find out what happened.
  ///
  /// - Parameter judged: the file that is corrupt; another process may have stored the object anew meanwhile.
  /// - Returns: whether it is out of the way.
  @discardableResult
  func setAside(_ digest: ArtifactDigest, judged: FileIdentity) -> Bool {
    let name = CacheLayout.objectName(digest)
    guard let directory = try? objects.open(name.directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return false }
    do {
      let corrupt = try openCorrupt()
      try directory.rename(name.file, to: corrupt, as: digest.description)
      if let moved = try? corrupt.status(of: digest.description), moved.stamp.identity != judged {
        try corrupt.rename(digest.description, to: directory, as: name.file)
      }
      return true
    } catch {
      return error.errno == .noSuchFileOrDirectory && isSetAside(digest)
    }
  }

  func isSetAside(_ digest: ArtifactDigest) -> Bool {
    (try? version.status(of: "\(CacheLayout.corrupt)/\(digest)")) != nil
  }

  func hasEntry(_ entry: String, of engine: String) -> Bool { (try? engines.status(of: "\(engine)/\(entry)")) != nil }

  func names(of directory: borrowing Descriptor, _ name: String) throws(CacheError) -> [FilePath.Component] {
    do { return try directory.names().sorted { $0.string < $1.string } } catch {
      throw CacheError(base.appending(name), "list", error)
    }
  }
}
