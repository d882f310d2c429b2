internal import LinuxIO
internal import WasmCache

/// Opens a run's caches: its own, and those that are only read.
struct CacheStage {
  let places: CachePlaces
  /// A run that only looks makes no cache.
  let onlyLooks: Bool
  /// Whether what is missing may come from another machine, so that a run that only looks does make one where it can.
  var fetches = false

  /// A lower cache that cannot be used is reported, and costs nothing else.
  func run(_ observer: any RunObserver) throws(PrecompileError) -> OpenCaches {
    let own: CacheDirectory?
    do throws(CacheError) {
      if !onlyLooks {
        own = try CacheDirectory(making: places.path, trust: places.trust)
      } else if fetches, let made = try? CacheDirectory(making: places.path, trust: places.trust) {
        own = made
      } else {
        own = try CacheDirectory.existing(at: places.path, trust: places.trust)
      }
    } catch {
      throw .cache(error)
    }
    let lower = CacheDirectory.lower(
      at: places.lower, below: own, trust: places.trust, signedBy: places.trustedKeys
    ) { path, error in
      observer.record(.lowerCacheTrouble(error.path ?? path, .unusable(error)))
    }
    return OpenCaches(own: own, lower: lower)
  }
}
