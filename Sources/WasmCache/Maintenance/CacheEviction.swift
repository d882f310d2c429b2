internal import Glibc
internal import LinuxIO
internal import SystemPackage

/// The result of making room.
package struct EvictionResult: Hashable, Sendable {
  /// Entries that went with their artifacts, or because they had none.
  package var entries = 0
  package var objects = 0
  /// Bytes that came free.
  package var freed: Int64 = 0
  /// Artifacts that are left, and their bytes.
  package var kept = 0
  package var size: Int64 = 0

  package init() {}
}

extension CacheDirectory {
  /// Removes artifacts until limits are kept, while builds and hosts run.
  ///
  /// Entries go before their objects, so that none ever leads nowhere. An artifact that was made or used again since it was
  /// listed stays. Publishing puts another file under the object's name, and a use changes the entry's time. An artifact
  /// that a host has open stays whole for it.
  ///
  /// - Parameters:
  ///   - dryRun: only report.
  ///   - report: called for each thing that goes, with the engines that the entries speak of.
  package func evict(
    _ limits: EvictionLimits, dryRun: Bool, now: Int64, report: (EvictionPlan.Victim, CacheInventory) -> Void
  ) throws(CacheError) -> EvictionResult {
    if !dryRun {
      do { try engines.checkAccess(W_OK) } catch {
        throw .notWritable(base.appending(CacheLayout.engines), reason: error.description)
      }
      removeAbandonedFiles()
    }
    let inventory = try CacheInventory(of: self, settling: !dryRun)
    let space: FileSystemSpace
    do { space = try FileSystemSpace(of: objects) } catch { throw CacheError(base, "ask for its free space", error) }
    let plan = EvictionPlan(inventory, limits, space: space, now: now, isSetAside: isSetAside)
    var result = EvictionResult()
    result.kept = inventory.entries.count { inventory.object(of: $0) != nil }
    for batch in plan.victims.batches(of: 64) {
      for victim in dryRun ? Array(batch) : try remove(batch, inventory) {
        result.entries += victim.entries.count
        result.objects += victim.object == nil ? 0 : 1
        result.freed += victim.size
        if victim.cause != .dangling { result.kept -= victim.entries.count }
        report(victim, inventory)
      }
    }
    // In a cache that was copied without its links, the engines' directories tell what the artifacts are of.
    if !dryRun && !inventory.hasLostEveryEntry {
      try removeLoneSignatures(inventory)
      removeEmptyEngines(inventory)
    }
    result.size = inventory.size - result.freed
    return result
  }

  /// - Returns: the removed entries, which were as they had been listed.
  private func remove(
    _ victims: ArraySlice<EvictionPlan.Victim>, _ inventory: CacheInventory
  ) throws(CacheError) -> [EvictionPlan.Victim] {
    try whilePublishersWait { victims.compactMap { remove($0, inventory) } }
  }

  /// Does something while no publisher is between an object's name and its entry's.
  func whilePublishersWait<Result>(_ body: () -> Result) throws(CacheError) -> Result {
    let path = base.appending(CacheLayout.objects)
    let result: Result?
    do throws(SystemError) { result = try whileEvicting(body) } catch {
      if error.saysThatThereAreNoLocks { throw Self.cannotEvictWithoutLocks(path, error) }
      throw CacheError(path, "lock", error)
    }
    if let result { return result }
    throw .givenUp(path, operation: "make room", reason: "another process holds its lock and does not give it back")
  }

  /// A writer names an object first and then the entry. In between, the object looks like one that nobody needs.
  static func cannotEvictWithoutLocks(_ path: FilePath, _ error: SystemError) -> CacheError {
    .givenUp(
      path, operation: "make room",
      reason: "its file system has no locks (\(error)), without which writers could lose what they store: "
        + "remove the whole cache while nobody uses it")
  }

  private func remove(_ victim: EvictionPlan.Victim, _ inventory: CacheInventory) -> EvictionPlan.Victim? {
    func place(_ entry: CacheInventory.Entry) -> String {
      "\(inventory.engines[entry.engine].name.string)/\(entry.name.string)"
    }
    func isUnchanged(_ entry: CacheInventory.Entry) -> Bool {
      guard let stamp = try? engines.status(of: place(entry)).stamp else { return false }
      return stamp.isSameFile(as: entry.stamp)
    }
    // Objects are listed before entries. An object that was published in between is there now.
    func hasObject(_ entry: CacheInventory.Entry) -> Bool {
      guard let name = entry.digest.map(CacheLayout.objectName) else { return false }
      return (try? objects.status(of: "\(name.directory)/\(name.file)")) != nil
    }
    guard victim.entries.allSatisfy(isUnchanged),
      victim.cause != .dangling || !victim.entries.contains(where: hasObject)
    else { return nil }
    var removed = victim
    removed.object = nil
    removed.entries = victim.entries.filter { entry in
      guard (try? engines.remove(place(entry))) != nil else { return false }
      try? engines.remove(place(entry) + SignatureFile.suffix)
      return true
    }
    if removed.entries.count == victim.entries.count, let object = victim.object,
      remove(object, isCorrupt: victim.cause == .corrupt)
    {
      removed.object = object
    }
    return removed.object == nil && removed.entries.isEmpty ? nil : removed
  }

  private func remove(_ object: CacheInventory.Object, isCorrupt: Bool) -> Bool {
    let name = CacheLayout.objectName(object.digest)
    let place =
      isCorrupt
      ? "\(CacheLayout.corrupt)/\(object.digest)" : "\(CacheLayout.objects)/\(name.directory)/\(name.file)"
    guard let stamp = try? version.status(of: place).stamp, stamp.isSameFile(as: object.stamp) else { return false }
    return (try? version.remove(place)) != nil
  }

  /// Removes signatures whose entry is gone. A publisher names the signature first, and would lose it in between.
  private func removeLoneSignatures(_ inventory: CacheInventory) throws(CacheError) {
    for engine in inventory.engines {
      guard let directory = try? engines.open(engine.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW) else { continue }
      let names = Set(((try? directory.names()) ?? []).map(\.string))
      let lone = names.filter { $0.hasSuffix(SignatureFile.suffix) && !names.contains($0.withoutSignatureSuffix) }
      if lone.isEmpty { continue }
      try whilePublishersWait {
        for name in lone where (try? directory.status(of: name.withoutSignatureSuffix)) == nil {
          try? directory.remove(name)
        }
      }
    }
  }

  /// Removes engines' directories that hold no entry, unless a writer has one open.
  private func removeEmptyEngines(_ inventory: CacheInventory) {
    for engine in inventory.engines {
      guard let directory = try? engines.open(engine.name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW),
        (try? directory.tryLock()) == true
      else { continue }
      defer { directory.unlock() }
      let own = [CacheLayout.engineDescription, CacheLayout.engineLock]
      guard let names = try? directory.names(), names.allSatisfy({ own.contains($0.string) }) else { continue }
      for name in names { try? directory.remove(name) }
      try? engines.removeDirectory(engine.name)
    }
  }
}

extension FileStamp {
  /// Whether it is the same file with the same contents; a new hard link, or one less, changes nothing of that.
  fileprivate func isSameFile(as other: FileStamp) -> Bool {
    identity == other.identity && modified == other.modified && size == other.size
  }
}

extension String {
  /// The name of the entry that a signature of this name lies beside.
  fileprivate var withoutSignatureSuffix: String { String(dropLast(SignatureFile.suffix.count)) }
}

extension Array {
  fileprivate func batches(of size: Int) -> [ArraySlice<Element>] {
    stride(from: 0, to: count, by: size).map { self[$0..<Swift.min($0 + size, count)] }
  }
}
