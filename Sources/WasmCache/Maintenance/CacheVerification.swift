internal import Glibc
internal import LinuxIO
package import SystemPackage
internal import WasmEngine

/// The fault of an entry.
package enum EntryFault: Hashable, Sendable {
  /// The entry is not a symbolic link to an object.
  case notALink
  /// The entry is a file that has an artifact's bytes.
  case copied
  /// The entry is a file with bytes that nothing in the cache proves.
  case corruptCopy(actual: String)
  /// There is no entry, though the catalog remembers the artifact and its object is there.
  case linkMissing
  /// The entry's object is not there.
  case objectMissing
  /// The entry's object was corrupt. Another process found that and moved it out of the way.
  case movedAside
  /// The object cannot be read.
  case unreadable(reason: String)
  /// The object's bytes do not have the digest that it is named by.
  case digestDiffers(actual: String)

  /// Whether only the link was lost when the cache was copied, and the artifact is as it was stored.
  package var isLostLink: Bool { self == .copied || self == .linkMissing }
}

extension EntryFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notALink: "is not a link to an object of this cache"
    case .copied: "is a copy, not a link: this cache was copied without its links (`cp -a` keeps them)"
    case .corruptCopy(let actual):
      "is a copy, not a link, and corrupt: no artifact of this cache has bytes that hash to \(actual.prefix(16))…"
    case .linkMissing: "is missing, though its artifact is there: copying a cache must keep its links (`cp -a` does)"
    case .objectMissing: "its artifact is missing"
    case .movedAside: "its artifact was corrupt and is moved aside: the next run makes it again"
    case .unreadable(let reason): "its artifact cannot be read: \(reason)"
    case .digestDiffers(let actual): "its artifact is corrupt: the bytes hash to \(actual.prefix(16))…, not to its name"
    }
  }
}

/// How a fault was taken out of the way.
package enum EntryRepair: Hashable, Sendable {
  /// The corrupt object is in the directory `corrupt`.
  case movedAside
  /// The entry is gone.
  case removed
  /// The entry is a link to its artifact again.
  case linked
}

/// One entry that was looked at.
package struct CheckedEntry: Sendable {
  package let path: FilePath
  /// Bytes of the artifact; 0 if it could not be read.
  package let size: Int
  package let fault: EntryFault?
  /// Nil if the fault is still there.
  package let repair: EntryRepair?
}

extension CacheDirectory {
  /// Checks every entry's artifact against its digest.
  ///
  /// With `repair`, faulty entries are removed and corrupt objects moved to the directory `corrupt`, so that the next run
  /// compiles them again. Entries that were links before the cache was copied become links again.
  ///
  /// - Returns: how many artifacts there are of which nobody knows the module, in a cache that has lost every entry.
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

  /// The directories of all compilers that were asked for the same: other builds of it, or itself.
  func engineNames(for wish: CompileWish) -> [String] {
    ((try? engines.names()) ?? []).map(\.string).filter { name in
      guard let directory = try? engines.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { return false }
      return EngineDescription(in: directory)?.wish == wish
    }
  }

  func hasEntry(_ entry: String, of engine: String) -> Bool { (try? engines.status(of: "\(engine)/\(entry)")) != nil }

  func names(of directory: borrowing Descriptor, _ name: String) throws(CacheError) -> [FilePath.Component] {
    do { return try directory.names().sorted { $0.string < $1.string } } catch {
      throw CacheError(base.appending(name), "list", error)
    }
  }
}
