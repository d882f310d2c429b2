internal import LinuxIO
internal import Synchronization
internal import WasmCache

/// A cache below the run's own, such as an image's layer or a read-only volume: artifacts are used where they lie.
struct LowerCache: ArtifactStore {
  let cache: CacheDirectory
  /// Its position among the run's lower caches.
  let number: Int
  /// The catalog that remembers which artifacts were checked; nil if artifacts are only looked at.
  let catalog: LoadingCatalog?
  let lanes: Int

  /// A lower cache's artifacts are used without being compiled here, so each one's bytes are hashed before the first
  /// use. A run that writes nothing could not remember that, and only looks.
  func fetch(_ keys: [ArtifactKey]) -> [FetchResult] {
    let results = Mutex([FetchResult](repeating: .missing, count: keys.count))
    var readers: [ObjectIdentifier: VerifiedEntries] = [:]
    if let catalog {
      for key in keys where readers[ObjectIdentifier(key.target)] == nil {
        readers[ObjectIdentifier(key.target)] = VerifiedEntries(key.target.lower[number], catalog)
      }
    }
    concurrently(keys.count, lanes: lanes) { [readers] index in
      let key = keys[index]
      let result = fetch(key, readers[ObjectIdentifier(key.target)])
      results.withLock { $0[index] = result }
    }
    return results.withLock { $0 }
  }

  private func fetch(_ key: ArtifactKey, _ reader: VerifiedEntries?) -> FetchResult {
    let directory = key.target.lower[number]
    switch directory.lookUp(key.module) {
    case .absent(.artifactCorrupt): return .trouble(.artifact(reason: Self.corrupt))
    case .absent(.linkLost): return .trouble(.copiedWithoutLinks)
    case .absent: return .missing
    case .present(let size):
      do throws(CacheError) {
        guard let reader else {
          try directory.requireTrusted()
          try directory.requireTrusted(key.module)
          return .found(size: size)
        }
        return .found(size: try reader.open(key.module).size)
      } catch .missing(_, _, .artifactCorrupt) {
        return .trouble(.artifact(reason: Self.corrupt))
      } catch .missing {
        return .missing
      } catch {
        return .trouble(.artifact(reason: error.description))
      }
    }
  }

  private static let corrupt = "its artifact is corrupt"
}
