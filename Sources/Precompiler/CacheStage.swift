internal import LinuxIO
internal import WasmCache

/// Opens a run's caches: its own, and those that are only read.
struct CacheStage {
  let places: CachePlaces
  /// A run that only looks makes no cache.
  let onlyLooks: Bool

  /// A lower cache that cannot be used is told, and costs nothing else.
  func run(_ observer: any RunObserver) throws(PrecompileError) -> OpenCaches {
    let own: CacheDirectory?
    do throws(CacheError) {
      own =
        try onlyLooks
        ? CacheDirectory.existing(at: places.path, trust: places.trust)
        : CacheDirectory(making: places.path, trust: places.trust)
    } catch {
      throw .cache(error)
    }
    var lower: [CacheDirectory] = []
    for path in places.lower {
      do throws(CacheError) {
        let cache = try CacheDirectory.lower(at: path, trust: places.trust)
        // Named twice, or the run's own: it has nothing to add.
        let isKnown = cache.identity == own?.identity || lower.contains { $0.identity == cache.identity }
        if !isKnown { lower.append(cache) }
      } catch {
        observer.record(.lowerCacheTrouble(error.path ?? path, reason: error.complaint))
      }
    }
    return OpenCaches(own: own, lower: lower)
  }
}
