internal import Glibc
internal import LinuxIO
package import SystemPackage
internal import WasmEngine

/// The fault of an entry.
package enum EntryFault: Hashable, Sendable {
  /// The entry is not a symbolic link to an object.
  case notALink
  /// The entry's object is not there.
  case objectMissing
  /// The entry's object was corrupt. Another process found that and moved it out of the way.
  case movedAside
  /// The object cannot be read.
  case unreadable(reason: String)
  /// The object's bytes do not have the digest that it is named by.
  case digestDiffers(actual: String)
}

extension EntryFault: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notALink: "is not a link to an object of this cache"
    case .objectMissing: "its artifact is missing"
    case .movedAside: "its artifact was corrupt and is moved aside: the next run makes it again"
    case .unreadable(let reason): "its artifact cannot be read: \(reason)"
    case .digestDiffers(let actual): "its artifact is corrupt: the bytes hash to \(actual.prefix(16))…, not to its name"
    }
  }
}

/// One entry that was looked at.
package struct CheckedEntry: Sendable {
  package let path: FilePath
  /// Bytes of the artifact; 0 if it could not be read.
  package let size: Int
  package let fault: EntryFault?
  /// Whether the fault was taken out of the way.
  package let repaired: Bool
}

extension CacheDirectory {
  /// Checks every entry's artifact against its digest.
  ///
  /// With `repair`, faulty entries are removed and corrupt objects moved to the directory `corrupt`, so that the next run
  /// compiles them again.
  package func verify(repair: Bool, report: (CheckedEntry) -> Void) throws(CacheError) {
    var known: [ArtifactDigest: Result<Int, EntryFaultError>] = [:]
    let catalog = LoadingCatalog(of: self, isWritable: true)
    defer { catalog.flush() }
    for engine in try names(of: engines, CacheLayout.engines) {
      let enginePath = base.appending(CacheLayout.engines).appending(engine)
      guard let directory = try openEngine(engine, enginePath) else { continue }
      for name in try names(of: directory, "\(CacheLayout.engines)/\(engine)")
      where CacheLayout.module(ofEntry: name.string) != nil {
        var size = 0
        var failure: EntryFaultError?
        var object: ArtifactDigest?
        if let target = try? directory.symbolicLinkTarget(name), let digest = CacheLayout.digest(ofTarget: target) {
          let result = known[digest] ?? check(digest, catalog)
          known[digest] = result
          switch result {
          case .success(let bytes): size = bytes
          case .failure(let error):
            failure = error
            object = digest
          }
        } else {
          failure = EntryFaultError(fault: .notALink)
        }
        let repaired = failure.map { repair && quarantine($0, object, name, in: directory) } ?? false
        report(CheckedEntry(path: enginePath.appending(name), size: size, fault: failure?.fault, repaired: repaired))
      }
    }
  }

  /// Nil if it is not a directory.
  private func openEngine(_ name: FilePath.Component, _ path: FilePath) throws(CacheError) -> Descriptor? {
    do {
      return try engines.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
    } catch let error where error.errno == .notDirectory || error.errno == .noSuchFileOrDirectory {
      return nil
    } catch {
      throw CacheError(path, "open", error)
    }
  }

  private struct EntryFaultError: Error {
    var fault: EntryFault
    /// The file that was found to be corrupt.
    var file: FileIdentity?
  }

  private func check(_ digest: ArtifactDigest, _ catalog: LoadingCatalog) -> Result<Int, EntryFaultError> {
    let name = CacheLayout.objectName(digest)
    do throws(SystemError) {
      // One name at a time, so that neither can be a link.
      let file = try objects.open(name.directory, O_RDONLY | O_DIRECTORY | O_NOFOLLOW)
        .open(name.file, O_RDONLY | O_NOFOLLOW | O_NONBLOCK)
      let stamp = try file.status().stamp
      let begun = WallClock.now()
      let actual = try ArtifactDigest(hashing: file)
      guard actual == digest else {
        let fault = EntryFault.digestDiffers(actual: "\(actual)")
        return .failure(EntryFaultError(fault: fault, file: stamp.identity))
      }
      // A program that loads it need not read it again.
      catalog.remember(CheckedObject(digest: digest, stamp: stamp, checked: begun))
      return .success(Int(clamping: stamp.size))
    } catch {
      let fault: EntryFault =
        switch error.errno {
        case .noSuchFileOrDirectory: isSetAside(digest) ? .movedAside : .objectMissing
        // There is a link where the object should be. It could lead anywhere.
        case .tooManySymbolicLinkLevels, .notDirectory: .notALink
        default: .unreadable(reason: error.description)
        }
      return .failure(EntryFaultError(fault: fault))
    }
  }

  private func quarantine(
    _ error: EntryFaultError, _ object: ArtifactDigest?, _ entry: FilePath.Component,
    in directory: borrowing Descriptor
  ) -> Bool {
    if let file = error.file, let object {
      // Another entry of the same object may have moved it already. The entry stays, and tells why it is a miss.
      return setAside(object, judged: file)
    }
    switch error.fault {
    // An object that cannot be read may be good. An entry whose object is out of the way tells so already.
    case .unreadable, .movedAside: return false
    case .notALink, .objectMissing, .digestDiffers: return (try? directory.remove(entry)) != nil
    }
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

  private func names(of directory: borrowing Descriptor, _ name: String) throws(CacheError) -> [FilePath.Component] {
    do { return try directory.names().sorted { $0.string < $1.string } } catch {
      throw CacheError(base.appending(name), "list", error)
    }
  }
}
