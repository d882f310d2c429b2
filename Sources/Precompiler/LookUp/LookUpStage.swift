internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// The stage *look up*: asks the run's own cache for each module.
///
/// If nothing changed since every module was found, the directories of the caches say so, and no entry is looked at,
/// see ``DirectoryFingerprint``.
struct LookUpStage {
  let contents: [ModuleContent]
  let targets: [CompileTarget]
  let caches: OpenCaches
  let lanes: Int
  /// Whether to look at each entry, whatever the directories say.
  var looksAtEach = false
  /// Whether to hash each artifact that was not hashed before, too.
  var verifies = false
  /// Nanoseconds since 1970.
  var now = WallClock.now()

  /// - Parameter catalog: asked for states in which every entry is there.
  /// - Returns: one result for each target.
  /// - Throws: if another user may decide what the cache's entries are.
  func run(_ catalog: RunCatalog) throws(CacheError) -> [TargetLookups] {
    for target in targets { try target.directory?.requireTrusted() }
    guard contents.count >= TargetLookups.fewest, let fingerprints = try fingerprints() else {
      for target in targets {
        for content in contents { try target.directory?.requireTrusted(content.facts.hash) }
      }
      return targets.map { TargetLookups(lookUp(for: $0, catalog), fingerprint: nil) }
    }
    return zip(targets, fingerprints).map { target, fingerprint in
      if let fingerprint, !looksAtEach, !verifies, let known = catalog.fromLowerCaches(in: fingerprint) {
        return TargetLookups(allPresentFromLowerCaches: known)
      }
      return TargetLookups(lookUp(for: target, catalog), fingerprint: fingerprint)
    }
  }

  /// The fingerprints are taken before any entry is looked at, so that a change meanwhile makes another state.
  ///
  /// - Returns: one for each target, nil where something changed just now; nil if there is no cache.
  private func fingerprints() throws(CacheError) -> [DirectoryFingerprint?]? {
    guard let own = caches.own else { return nil }
    let ownObjects = try ObjectsState(own, now: now)
    var modules = ModulesDigest()
    for content in contents { modules.add(content.facts.hash) }
    // A cache that is not to be trusted is found out when something is taken from it.
    let lowerObjects = caches.lower.map { try? ObjectsState($0, now: now) }
    return targets.map { target in
      guard let directory = target.directory else { return nil }
      var layers: [(EngineDirectory, ObjectsState)] = [(directory, ownObjects)]
      for (lower, objects) in zip(target.lower, lowerObjects) {
        guard let objects else { return nil }
        layers.append((lower, objects))
      }
      return DirectoryFingerprint(of: modules, in: layers, now: now)
    }
  }

  private func lookUp(for target: CompileTarget, _ catalog: RunCatalog) -> [Lookup] {
    guard let directory = target.directory else {
      return Array(repeating: .absent(.newModule), count: contents.count)
    }
    var lookups = lookUp(in: directory, verifies ? LoadingCatalog(of: directory.cache, isWritable: false) : nil)
    // An entry that is gone leaves nothing in the cache to tell that it was there.
    let missing = lookups.indices.filter {
      [.absent(.newModule), .absent(.engineChanged), .absent(.newTarget)].contains(lookups[$0])
    }
    guard !missing.isEmpty else { return lookups }
    let compiled = catalog.compiled(missing.map { contents[$0].facts.hash }, by: directory.identity)
    for index in missing where compiled.contains(contents[index].facts.hash) { lookups[index] = .absent(.evicted) }
    return lookups
  }

  /// - Parameter checked: remembers which artifacts were hashed before; nil if none has to be.
  private func lookUp(in directory: EngineDirectory, _ checked: LoadingCatalog?) -> [Lookup] {
    let verified = checked.map { VerifiedEntries(directory, $0) }
    let size = max(1, min(256, contents.count / (4 * lanes)))
    let blocks = (contents.count + size - 1) / size
    let results = Mutex(Array(repeating: [Lookup](), count: blocks))
    concurrently(blocks, lanes: lanes) { block in
      let found = contents[block * size..<min((block + 1) * size, contents.count)].map {
        lookUp($0.facts.hash, in: directory, verified)
      }
      results.withLock { $0[block] = found }
    }
    return results.withLock { $0.flatMap { $0 } }
  }

  private func lookUp(_ module: WasmHash, in directory: EngineDirectory, _ verified: VerifiedEntries?) -> Lookup {
    let found = directory.lookUp(module)
    guard let verified, case .present = found else { return found }
    do throws(CacheError) {
      return .present(size: try verified.open(module).size)
    } catch .missing(_, _, let reason) {
      return .absent(reason)
    } catch {
      return .absent(.artifactCorrupt)
    }
  }
}
