internal import Glibc
internal import LinuxIO

// A cache that was copied without its links. `cp -rL` and zip turn entries into files with the artifact's bytes; what
// unpacks an archive with links as Python does, into files with the links' text; `rsync -r` leaves entries out. The artifacts are all there, and `CacheDirectory.verify(repair:)` makes the links again.

extension EngineDirectory {
  /// Why a module's entry that is no link stands for nothing.
  func reasonForEntryWithoutLink(_ module: WasmHash) -> MissReason {
    let status = try? cache.engines.status(of: entryPlace(module))
    return status?.kind == .regular ? .linkLost : .artifactCorrupt
  }

  /// Whether this part of the cache was filled once, and the whole cache has lost its entries since.
  func findLostEntries() -> Bool {
    (try? cache.engines.status(of: "\(name)/\(CacheLayout.engineDescription)")) != nil && cache.hasLostEveryEntry
  }
}

extension CacheDirectory {
  /// Whether there are artifacts and engines, but not one entry.
  ///
  /// Eviction and `cache clear` do not leave a cache like that: they remove an entry before its object.
  var hasLostEveryEntry: Bool {
    guard !hasEntry && hasObject else { return false }
    // A publisher may have been between its object's name and its entry's. It is done after this. Nothing is locked in a
    // lower cache: others write there, and must not wait for those who only read.
    if !isLower { _ = try? whileEvicting {} }
    return !hasEntry
  }

  private var hasEntry: Bool { contains(engines) { CacheLayout.module(ofEntry: $0) != nil } }

  private var hasObject: Bool { contains(objects) { $0.utf8.count == 2 * Digest256.size - 2 } }

  /// Whether one of the directories in a directory has a wanted name.
  private func contains(_ parent: borrowing Descriptor, _ isWanted: (String) -> Bool) -> Bool {
    for name in (try? parent.names()) ?? [] {
      guard let directory = try? parent.open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { continue }
      if (try? directory.names())?.contains(where: { isWanted($0.string) }) == true { return true }
    }
    return false
  }
}
