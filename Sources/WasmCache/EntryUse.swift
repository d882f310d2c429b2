internal import LinuxIO

extension EngineDirectory {
  /// Nanoseconds for which a use is not recorded again.
  private static let resolution: Int64 = 24 * 3_600_000_000_000

  /// Records that a module's artifact was used, so that it is not the first to go when room is needed.
  ///
  /// A use is the entry's own time of modification, right to a day: a hit costs no write, and neither the directory's time
  /// stamps nor the artifact's change. Where it cannot be recorded, as in a cache that is only read, nothing is lost.
  ///
  /// - Parameter now: nanoseconds since 1970.
  package func recordUse(of module: WasmHash, now: Int64) {
    let place = "\(name)/\(CacheLayout.entryName(module))"
    guard let last = try? cache.engines.status(of: place).stamp.modified,
      last > now || last < now - Self.resolution
    else { return }
    try? cache.engines.touch(place)
  }
}
