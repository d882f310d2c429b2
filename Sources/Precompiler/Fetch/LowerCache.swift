internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// A cache below the run's own, such as an image's layer or a read-only volume: artifacts are used where they lie.
struct LowerCache: ArtifactStore {
  let cache: CacheDirectory
  /// Its position among the run's lower caches.
  let number: Int
  /// The catalog that remembers which artifacts were checked.
  let catalog: LoadingCatalog
  let lanes: Int

  /// One identity's part of the cache, or the reason why it cannot be used.
  private typealias Part = Result<VerifiedEntries, CacheError>

  /// A lower cache's artifacts are used without being compiled here, so each one's bytes are hashed before the first use.
  func fetch(_ keys: [ArtifactKey]) -> [FetchResult] {
    let results = Mutex([FetchResult](repeating: .missing(), count: keys.count))
    var parts: [ObjectIdentifier: Part] = [:]
    for key in keys where parts[ObjectIdentifier(key.target)] == nil {
      parts[ObjectIdentifier(key.target)] = part(of: key.target)
    }
    concurrently(keys.count, lanes: lanes) { [parts] index in
      guard let part = parts[ObjectIdentifier(keys[index].target)] else { return }
      let result = fetch(keys[index].module, part)
      results.withLock { $0[index] = result }
    }
    return results.withLock { $0 }
  }

  private func part(of target: CompileTarget) -> Part {
    let directory = target.lower[number]
    return Part { () throws(CacheError) in
      try directory.requireReadable()
      try directory.requireTrusted()
      return VerifiedEntries(directory, catalog)
    }
  }

  private func fetch(_ module: WasmHash, _ part: Part) -> FetchResult {
    do throws(CacheError) {
      let entries = try part.get()
      switch entries.directory.lookUp(module) {
      case .present: return .found(size: try entries.openForOthers(module).size)
      case .absent(.artifactCorrupt): return .trouble(.corrupt)
      case .absent(.otherEngine): return .trouble(.otherEngine)
      case .absent(.linkLost): return .trouble(.copiedWithoutLinks)
      case .absent(let reason):
        if reason == .evicted { try entries.directory.requireReadable(module) }
        return .missing(reason)
      }
    } catch .refused(_, let fault) {
      return .trouble(.refused(fault))
    } catch .missing(_, _, .artifactCorrupt) {
      return .trouble(.corrupt)
    } catch .missing(_, _, .otherEngine) {
      return .trouble(.otherEngine)
    } catch .missing(_, _, let reason) {
      return .missing(reason)
    } catch {
      return .trouble(.unusable(error))
    }
  }
}
