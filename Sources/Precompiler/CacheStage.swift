internal import LinuxIO
internal import WasmCache

/// Opens a run's caches: its own, and those that are only read.
struct CacheStage {
  let places: CachePlaces
  /// A run that only looks makes no cache.
  let onlyLooks: Bool

  /// A lower cache that cannot be used is reported, and costs nothing else.
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
    let lower = CacheDirectory.lower(
      at: places.lower, below: own, trust: places.trust, signedBy: places.trustedKeys
    ) { path, error in
      observer.record(.lowerCacheTrouble(error.path ?? path, .unusable(error)))
    }
    return OpenCaches(own: own, lower: lower)
  }
}
